package dev.pullback.train.model;

/** The number formats of a {@link GptBlock}'s computation. Weights are float32 in both. */
public enum Precision {
  /** Everything in the weights' own type. */
  FLOAT32,
  /**
   * The linear layers inside the transformer layers in bfloat16; attention, norms, head and loss in
   * float32. Native kernels only.
   */
  MIXED
}
