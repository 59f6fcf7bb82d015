package dev.pullback.train.scaling;

import java.util.Arrays;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.stat.StatUtils;
import org.hipparchus.util.FastMath;

/**
 * A number with its 95 % interval.
 *
 * @param value the estimate
 * @param low the interval's lower end; infinite where nothing bounds it
 * @param high its upper end; infinite where nothing bounds it
 */
public record Estimate(double value, double low, double high) {

  private static final double TAIL = 0.025;

  /** What rounding leaves of no error, in logarithms. */
  private static final double NO_ERROR = 1e-9;

  /**
   * Takes an expanded percentile interval from the draws of a bootstrap (Hesterberg, What Teachers
   * Should Know About the Bootstrap, arXiv 1411.5279): as wide among the draws as Student's
   * quantile is among a normal distribution's, since noise that is known from few seeds is known
   * badly. With many degrees of freedom, 2.5 % of the draws lie below and above.
   *
   * @param value the estimate
   * @param degreesOfFreedom of the noise; with none, nothing bounds the estimate
   * @param draws of the bootstrap, none NaN; infinite ones count as what they are
   * @return the estimate between the draws of ranks p (n + 1) and (1 - p) (n + 1), outwards where
   *     these are none; unbounded where these are beyond the draws, as of 1,000 draws with 3
   *     degrees of freedom
   */
  public static Estimate percentile(double value, int degreesOfFreedom, double... draws) {
    if (degreesOfFreedom < 1) {
      return unbounded(value);
    }
    double quantile = new TDistribution(degreesOfFreedom).inverseCumulativeProbability(TAIL);
    return between(value, new NormalDistribution().cumulativeProbability(quantile), draws);
  }

  /**
   * Takes a percentile interval of a ratio, stretched by what Student's quantile is of a normal
   * distribution's, on a logarithmic axis: draws, of which few are at the ends, do not have to
   * reach as far as the uncertainty of noise that two or three degrees of freedom tell of.
   *
   * @param value 0 or more; there is no distance to stretch from 0 or infinity
   * @param degreesOfFreedom of the noise; with none, nothing bounds the estimate
   * @param draws of the bootstrap, 0 or more; infinite ones count as what they are
   * @return the estimate; an end that is 0 or infinite stays so
   */
  public static Estimate ratio(double value, int degreesOfFreedom, double... draws) {
    Estimate plain = between(value, TAIL, draws);
    if (degreesOfFreedom < 1) {
      return new Estimate(value, 0, Double.POSITIVE_INFINITY);
    }
    if (value == 0 || Double.isInfinite(value)) {
      return plain;
    }
    double stretch =
        new TDistribution(degreesOfFreedom).inverseCumulativeProbability(TAIL)
            / new NormalDistribution().inverseCumulativeProbability(TAIL);
    return new Estimate(
        value,
        plain.low() < value ? value * FastMath.pow(plain.low() / value, stretch) : plain.low(),
        plain.high() > value ? value * FastMath.pow(plain.high() / value, stretch) : plain.high());
  }

  private static Estimate between(double value, double share, double... draws) {
    int below = (int) Math.floor(share * (draws.length + 1));
    if (below < 1) {
      return unbounded(value);
    }
    double[] sorted = draws.clone();
    Arrays.sort(sorted);
    return new Estimate(value, sorted[below - 1], sorted[sorted.length - below]);
  }

  /**
   * Takes the mean with Student's interval, mean ± t(0.975, n - 1) · s / √n.
   *
   * @param values finite
   * @return unbounded for one value, NaN for none
   */
  public static Estimate mean(double... values) {
    double mean = StatUtils.mean(values);
    if (values.length < 2) {
      return unbounded(mean);
    }
    double error = FastMath.sqrt(StatUtils.variance(values) / values.length);
    return student(mean, error, values.length - 1);
  }

  /** Takes an interval from a standard error and its degrees of freedom; unbounded with none. */
  static Estimate student(double value, double error, int degreesOfFreedom) {
    if (degreesOfFreedom < 1) {
      return unbounded(value);
    }
    double half =
        new TDistribution(degreesOfFreedom).inverseCumulativeProbability(1 - TAIL) * error;
    return new Estimate(value, value - half, value + half);
  }

  /**
   * Takes an interval from the standard error of a line through optima. Where the line goes through
   * all of them nothing bounds it: tuned values are points of a grid, which agree by chance and
   * show no precision.
   */
  static Estimate ofLine(double value, double error, int degreesOfFreedom) {
    return student(value, error, error < NO_ERROR ? 0 : degreesOfFreedom);
  }

  private static Estimate unbounded(double value) {
    return Double.isNaN(value)
        ? new Estimate(value, value, value)
        : new Estimate(value, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /** Returns whether the interval has a value in it. */
  public boolean contains(double other) {
    return low <= other && other <= high;
  }
}
