package dev.pullback.train.scaling;

import org.hipparchus.util.FastMath;

/** Tokens a weight. */
public final class TokenRatio {

  /** Logarithms that differ by less are the same ratio: budgets are of whole steps. */
  private static final double SAME = 0.05;

  private TokenRatio() {}

  /**
   * Compares.
   *
   * @param a tokens a weight, greater than 0
   * @param b likewise
   * @return whether they are the same, but for rounding
   */
  public static boolean areSame(double a, double b) {
    return FastMath.abs(FastMath.log(a / b)) < SAME;
  }
}
