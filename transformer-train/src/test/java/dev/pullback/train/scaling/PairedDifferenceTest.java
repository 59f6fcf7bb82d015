package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairedDifferenceTest {

  /** Expected values are SciPy's ttest_rel, wilcoxon (exact) and binomtest. */
  @Test
  void testsAreThoseOfSciPy() {
    PairedDifference lower =
        PairedDifference.of(
            losses(1.91, 2.02, 2.09, 1.98, 2.04), losses(1.95, 2.10, 2.12, 2.05, 2.06));
    assertEquals(5, lower.seeds());
    assertEquals(-0.048, lower.difference().value(), 1e-12);
    assertEquals(-0.0801397, lower.difference().low(), 1e-7);
    assertEquals(-0.0158603, lower.difference().high(), 1e-7);
    assertEquals(0.0143000, lower.student(), 1e-7);
    assertEquals(0.0625, lower.wilcoxon(), 1e-12);
    assertEquals(0.0625, lower.sign(), 1e-12);
    assertEquals(Verdict.BETTER, Verdict.ofDifference(lower.difference()));
  }

  @Test
  void onlySeedsOfBothCount() {
    PairedDifference none = PairedDifference.of(Map.of(1L, 2.0), Map.of(2L, 2.0));
    assertEquals(0, none.seeds());
    assertTrue(Double.isNaN(none.difference().value()) && Double.isNaN(none.student()));
    PairedDifference one = PairedDifference.of(Map.of(1L, 2.0, 3L, 9.0), Map.of(1L, 2.5, 2L, 9.0));
    assertEquals(
        new Estimate(-0.5, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY), one.difference());
    assertTrue(Double.isNaN(one.student()) && Double.isNaN(one.sign()));
    assertEquals(Verdict.NO_DIFFERENCE_SHOWN, Verdict.ofDifference(one.difference()));
  }

  @Test
  void equalLossesAreNoDifference() {
    PairedDifference same = PairedDifference.of(losses(2, 2.1, 2.3), losses(2, 2.1, 2.3));
    assertEquals(new Estimate(0, 0, 0), same.difference());
    assertTrue(Double.isNaN(same.student()) && Double.isNaN(same.wilcoxon()));
    assertEquals(Verdict.NO_DIFFERENCE_SHOWN, Verdict.ofDifference(same.difference()));
  }

  @Test
  void aVerdictIsTheSideOfTheWholeInterval() {
    assertEquals("better", Verdict.ofDifference(new Estimate(-2, -3, -1)).toString());
    assertEquals("worse", Verdict.ofDifference(new Estimate(2, 1, 3)).toString());
    assertEquals("no difference shown", Verdict.ofDifference(new Estimate(-2, -4, 0)).toString());
    assertEquals(Verdict.BETTER, Verdict.ofSpeedUp(new Estimate(1.2, 1.1, 1.3)));
    assertEquals(Verdict.WORSE, Verdict.ofSpeedUp(new Estimate(0.8, 0.7, 0.9)));
    assertEquals(Verdict.NO_DIFFERENCE_SHOWN, Verdict.ofSpeedUp(new Estimate(1.2, 1, 1.3)));
    assertEquals(Verdict.BETTER, Verdict.ofSpeedUp(new Estimate(2, 1.5, Double.POSITIVE_INFINITY)));
  }

  @Test
  void intervalsAreBetweenRanks() {
    double[] draws = IntStream.rangeClosed(1, 999).mapToDouble(i -> 1000 - i).toArray();
    // Student's quantile is 2.2281, below which a normal distribution has 1.294 %.
    assertEquals(new Estimate(7, 12, 988), Estimate.percentile(7, 10, draws));
    assertEquals(new Estimate(7, 24, 976), Estimate.percentile(7, 1_000_000, draws));
    Estimate unbounded = new Estimate(7, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    assertEquals(unbounded, Estimate.percentile(7, 3, draws));
    assertEquals(unbounded, Estimate.percentile(7, 0, draws));
    assertArrayEquals(
        new double[] {0.03, 0.06, 0.06, Double.NaN},
        Holm.corrected(0.01, 0.04, 0.03, Double.NaN),
        1e-12);
  }

  private static Map<Long, Double> losses(double... losses) {
    return IntStream.range(0, losses.length)
        .boxed()
        .collect(Collectors.toMap(i -> (long) i, i -> losses[i]));
  }
}
