package dev.pullback.train.scaling;

import java.util.Arrays;

/**
 * A number with its 95 % interval.
 *
 * @param value the estimate
 * @param low the interval's lower end; infinite where nothing bounds it
 * @param high its upper end; infinite where nothing bounds it
 */
public record Estimate(double value, double low, double high) {

  private static final double TAIL = 0.025;

  /** As many draws as have one beyond either end. */
  private static final int FEWEST_DRAWS = 39;

  /**
   * Takes the interval between the draws of a bootstrap that 2.5 % lie below and above, the ranks
   * 0.025 (n + 1) and 0.975 (n + 1), outwards where these are none.
   *
   * @param value the estimate
   * @param draws of the bootstrap, 39 or more, none NaN; infinite ones count as what they are
   * @return the estimate with its interval
   * @throws IllegalArgumentException if there are fewer
   */
  public static Estimate percentile(double value, double... draws) {
    if (draws.length < FEWEST_DRAWS) {
      throw new IllegalArgumentException(
          "%d draws have no 95 %% interval; %d or more have".formatted(draws.length, FEWEST_DRAWS));
    }
    double[] sorted = draws.clone();
    Arrays.sort(sorted);
    int below = (int) Math.floor(TAIL * (sorted.length + 1));
    return new Estimate(value, sorted[below - 1], sorted[sorted.length - below]);
  }

  /** Returns whether the interval has a value in it. */
  public boolean contains(double other) {
    return low <= other && other <= high;
  }
}
