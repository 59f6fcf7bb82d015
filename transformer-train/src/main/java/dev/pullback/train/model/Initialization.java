package dev.pullback.train.model;

/** Families of initial weights of a {@link GptBlock}. Biases start at 0 and norm scales at 1. */
public enum Initialization {
  /**
   * Normal with standard deviation 0.02; the projections that end a residual branch 0.02 / sqrt(2
   * layers).
   */
  GPT2,
  /**
   * Linear weights LeCun normal (standard deviation sqrt(1 / fan-in), truncated at two and
   * rescaled), embeddings normal with 1 / sqrt(width): the defaults of Flax.
   */
  FLAX
}
