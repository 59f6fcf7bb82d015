package dev.pullback.optim;

/** Numbers of a step on the host: bias corrections and ε. */
final class Scalars {

  private Scalars() {}

  /** Returns ε such that 0 / (0 + ε) is 0; what is lost in rounding elsewhere is nothing. */
  static double epsilon(double epsilon) {
    return Math.max(epsilon, Float.MIN_NORMAL);
  }

  /** Returns 1 - β^t, the weight that a moving average from zero has gathered after t steps. */
  static double biasCorrection(double beta, long t) {
    return 1 - Math.pow(beta, (double) t);
  }
}
