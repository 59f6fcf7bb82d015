package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.hipparchus.stat.StatUtils;
import org.hipparchus.util.FastMath;

/**
 * A sample in short.
 *
 * @param count how many values
 * @param mean null of none
 * @param standardDeviation of the sample (n - 1), null of fewer than two
 * @param median null of none
 * @param min null of none
 * @param max null of none
 */
record Summary(
    int count, Double mean, Double standardDeviation, Double median, Double min, Double max) {

  /** Summarises values; those that are not finite are left out and not counted. */
  static Summary of(double... values) {
    double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
    if (finite.length == 0) {
      return new Summary(0, null, null, null, null, null);
    }
    return new Summary(
        finite.length,
        StatUtils.mean(finite),
        finite.length == 1 ? null : FastMath.sqrt(StatUtils.variance(finite)),
        StatUtils.percentile(finite, 50),
        StatUtils.min(finite),
        StatUtils.max(finite));
  }

  /** Summarises a number of the trials that did not fail and have it. */
  static Summary of(List<ResultRow> rows, Function<ResultRow, Double> number) {
    return of(
        rows.stream()
            .filter(row -> !row.failed())
            .map(number)
            .filter(Objects::nonNull)
            .mapToDouble(Double::doubleValue)
            .toArray());
  }

  /** Returns the mean's distance to a published number, or null where one is missing. */
  Double differenceTo(Double published) {
    return mean == null || published == null ? null : mean - published;
  }
}
