package dev.pullback.train.report;

import java.util.Map;
import org.hipparchus.stat.inference.InferenceTestUtils;

/**
 * Losses compared with a baseline's of the same seeds, after Student: the mean of the differences
 * with its 95 % interval, and the p value of its being 0.
 *
 * @param difference the mean difference, with its interval where there are two seeds or more
 * @param p in [0, 1], NaN where there is no interval or all differences are equal
 */
record Paired(Interval difference, double p) {

  /** Compares, over the seeds that both have. */
  static Paired of(Map<Long, Double> losses, Map<Long, Double> baseline) {
    long[] seeds =
        losses.keySet().stream().filter(baseline::containsKey).mapToLong(s -> s).sorted().toArray();
    double[] own = new double[seeds.length];
    double[] other = new double[seeds.length];
    double[] differences = new double[seeds.length];
    for (int i = 0; i < seeds.length; i++) {
      own[i] = losses.get(seeds[i]);
      other[i] = baseline.get(seeds[i]);
      differences[i] = own[i] - other[i];
    }
    Interval interval = Interval.of(differences);
    boolean varies = interval.low() != null && interval.low() < interval.high();
    return new Paired(interval, varies ? InferenceTestUtils.pairedTTest(own, other) : Double.NaN);
  }
}
