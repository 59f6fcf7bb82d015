package dev.pullback.optim;

/** Range checks of hyperparameters; every message names the parameter, the range and the value. */
final class Checks {

  private Checks() {}

  static double nonNegative(String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be at least 0 and finite, but is " + value);
    }
    return value;
  }

  static double positive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be above 0 and finite, but is " + value);
    }
    return value;
  }

  static double decayRate(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1), but is " + value);
    }
    return value;
  }
}
