package dev.pullback.train.scaling;

/**
 * Huber's loss: r² / 2 within delta of 0, delta (|r| - delta / 2) beyond, so that outliers pull
 * with a bounded force.
 */
final class Huber {

  private Huber() {}

  static double value(double residual, double delta) {
    double r = Math.abs(residual);
    return r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta);
  }

  static double derivative(double residual, double delta) {
    return Math.max(-delta, Math.min(delta, residual));
  }

  /** Returns the weight that makes least squares pull as Huber's loss does. */
  static double weight(double residual, double delta) {
    return Math.min(1, delta / Math.abs(residual));
  }
}
