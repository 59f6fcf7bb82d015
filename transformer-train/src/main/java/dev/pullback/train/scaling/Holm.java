package dev.pullback.train.scaling;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Holm's correction of p values for the number of comparisons. */
public final class Holm {

  private Holm() {}

  /**
   * Corrects.
   *
   * @param p values in [0, 1]; NaN for comparisons that could not be made, which do not count
   * @return the corrected values in the same order
   */
  public static double[] corrected(double... p) {
    int[] ascending =
        IntStream.range(0, p.length)
            .filter(i -> !Double.isNaN(p[i]))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> p[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] corrected = new double[p.length];
    Arrays.fill(corrected, Double.NaN);
    double most = 0;
    for (int rank = 0; rank < ascending.length; rank++) {
      most = Math.max(most, Math.min(1, (ascending.length - rank) * p[ascending[rank]]));
      corrected[ascending[rank]] = most;
    }
    return corrected;
  }
}
