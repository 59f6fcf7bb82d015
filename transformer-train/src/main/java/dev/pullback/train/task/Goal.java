package dev.pullback.train.task;

/** Which of two values of a metric is the better one. */
public enum Goal {
  /** Errors, losses, perplexities. */
  LOWER,
  /** Accuracies. */
  HIGHER;

  /** Whether a value is better than another; NaN is worse than anything. */
  public boolean better(double value, double than) {
    if (Double.isNaN(than)) {
      return !Double.isNaN(value);
    }
    return this == LOWER ? value < than : value > than;
  }
}
