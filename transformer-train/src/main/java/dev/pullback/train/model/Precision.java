package dev.pullback.train.model;

/** The number formats of a model's computation. Weights are float32 in both. */
public enum Precision {
  /** Everything in the weights' own type. */
  FLOAT32,
  /**
   * Where the work is, in bfloat16: the linear layers inside a {@link GptBlock}'s layers, the
   * convolutions of a {@link ResNet18} and what passes between them. Attention, statistics of
   * norms, head and loss in float32. Native kernels only.
   */
  MIXED
}
