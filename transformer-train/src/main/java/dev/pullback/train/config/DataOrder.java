package dev.pullback.train.config;

/** Which windows of a text make a batch. */
public enum DataOrder {
  /** Windows that begin anywhere, drawn anew for each batch. */
  RANDOM,
  /** Windows that do not overlap, shuffled once; what is left after the last whole batch is out. */
  EPOCHS
}
