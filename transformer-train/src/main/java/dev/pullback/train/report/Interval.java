package dev.pullback.train.report;

import dev.pullback.train.scaling.PairedDifference;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.util.FastMath;

/**
 * A mean with its 95 % confidence interval, after Student: mean ± t(0.975, n - 1) · s / √n.
 *
 * @param count how many values
 * @param mean their mean, null of none
 * @param low the interval's lower end, null of fewer than two
 * @param high its upper end, null of fewer than two
 */
record Interval(int count, Double mean, Double low, Double high) {

  private static final double UPPER_QUANTILE = 0.975;

  /** Computes the interval of values, leaving out those that are not finite. */
  static Interval of(double... values) {
    Summary summary = Summary.of(values);
    if (summary.count() < 2) {
      return new Interval(summary.count(), summary.mean(), null, null);
    }
    double t = new TDistribution(summary.count() - 1).inverseCumulativeProbability(UPPER_QUANTILE);
    double half = t * summary.standardDeviation() / FastMath.sqrt(summary.count());
    return new Interval(
        summary.count(), summary.mean(), summary.mean() - half, summary.mean() + half);
  }

  /** Takes the mean of differences between seeds. */
  static Interval of(PairedDifference paired) {
    Bounds bounds = Bounds.of(paired.difference());
    return new Interval(paired.seeds(), bounds.value(), bounds.low(), bounds.high());
  }

  /** Returns whether there is an interval that a value lies in. */
  boolean contains(double value) {
    return low != null && low <= value && value <= high;
  }
}
