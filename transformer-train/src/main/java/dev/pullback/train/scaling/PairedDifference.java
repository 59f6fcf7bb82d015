package dev.pullback.train.scaling;

import java.util.Map;
import java.util.stream.LongStream;
import org.hipparchus.stat.inference.AlternativeHypothesis;
import org.hipparchus.stat.inference.BinomialTest;
import org.hipparchus.stat.inference.InferenceTestUtils;
import org.hipparchus.stat.inference.WilcoxonSignedRankTest;

/**
 * The losses of a less those of b, over the seeds that both have.
 *
 * <p>The tests without a distribution cannot reach every p: with n seeds, none is below 2 / 2ⁿ,
 * 0.0625 with five.
 *
 * @param seeds how many both have
 * @param difference the mean in nats per token with Student's interval, which is unbounded with one
 *     seed; NaN without
 * @param student p value of Student's paired test
 * @param wilcoxon p value of Wilcoxon's signed ranks, exact up to 16 seeds
 * @param sign p value of the sign test
 */
public record PairedDifference(
    int seeds, Estimate difference, double student, double wilcoxon, double sign) {

  /** Sums over all signs are counted up to here, after Wilcoxon. */
  private static final int EXACT = 16;

  /**
   * Compares. Seeds with the same loss do not count for Wilcoxon's and the sign test.
   *
   * @param a losses by seed
   * @param b losses by seed
   * @return the difference; p values are NaN where a test has nothing to go on: fewer than two
   *     seeds, or differences that are all the same, or all 0
   */
  public static PairedDifference of(Map<Long, Double> a, Map<Long, Double> b) {
    long[] seeds = a.keySet().stream().filter(b::containsKey).mapToLong(s -> s).sorted().toArray();
    double[] own = LongStream.of(seeds).mapToDouble(a::get).toArray();
    double[] other = LongStream.of(seeds).mapToDouble(b::get).toArray();
    double[] differences = new double[seeds.length];
    int higher = 0;
    int unequal = 0;
    for (int i = 0; i < seeds.length; i++) {
      differences[i] = own[i] - other[i];
      higher += differences[i] > 0 ? 1 : 0;
      unequal += differences[i] != 0 ? 1 : 0;
    }
    Estimate mean = Estimate.mean(differences);
    boolean several = seeds.length > 1;
    return new PairedDifference(
        seeds.length,
        mean,
        several && mean.low() < mean.high()
            ? InferenceTestUtils.pairedTTest(own, other)
            : Double.NaN,
        several && unequal > 0
            ? new WilcoxonSignedRankTest().wilcoxonSignedRankTest(own, other, unequal <= EXACT)
            : Double.NaN,
        several && unequal > 0
            ? Math.min(
                1,
                new BinomialTest()
                    .binomialTest(unequal, higher, 0.5, AlternativeHypothesis.TWO_SIDED))
            : Double.NaN);
  }
}
