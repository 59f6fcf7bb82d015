package dev.pullback.train.config;

import dev.pullback.optim.LossEmbedding;

/** Embeddings f of the loss L that {@code ablate-embedding} compares. */
public enum NamedEmbedding {
  /** f = L. */
  LINEAR,
  /** f = ln L. */
  LOG,
  /** f = ln(1 + L). */
  LOG1P,
  /** f = sqrt(L). */
  SQRT,
  /** f = L²/2. */
  SQUARE;

  public LossEmbedding embedding() {
    return switch (this) {
      case LINEAR -> new LossEmbedding.Linear();
      case LOG -> new LossEmbedding.Log();
      case LOG1P -> new LossEmbedding.Custom(loss -> 1 / (1 + loss));
      case SQRT -> new LossEmbedding.Custom(loss -> 0.5 / Math.sqrt(loss));
      case SQUARE -> new LossEmbedding.Custom(loss -> loss);
    };
  }
}
