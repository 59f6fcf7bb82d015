package dev.pullback.train.experiment;

import dev.pullback.optim.LossEmbedding;

/** Embeddings f of the loss L that {@code ablate-embedding} compares. */
enum NamedEmbedding {
  /** f = L. */
  LINEAR(new LossEmbedding.Linear()),
  /** f = ln L. */
  LOG(new LossEmbedding.Log()),
  /** f = ln(1 + L). */
  LOG1P(new LossEmbedding.Custom(loss -> 1 / (1 + loss))),
  /** f = sqrt(L). */
  SQRT(new LossEmbedding.Custom(loss -> 0.5 / Math.sqrt(loss))),
  /** f = L²/2. */
  SQUARE(new LossEmbedding.Custom(loss -> loss));

  private final LossEmbedding embedding;

  NamedEmbedding(LossEmbedding embedding) {
    this.embedding = embedding;
  }

  LossEmbedding embedding() {
    return embedding;
  }
}
