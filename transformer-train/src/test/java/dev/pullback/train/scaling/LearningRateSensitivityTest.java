package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.scaling.LearningRateSensitivity.Parabola;
import dev.pullback.train.scaling.LearningRateSensitivity.Run;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LearningRateSensitivityTest {

  private static final double START = 4;

  /** Seven rates in steps of half a decade, with a valley at 1e-2 and two that diverged. */
  private static final List<Run> RUNS =
      List.of(
          new Run(1e-1, Double.NaN),
          new Run(1e-3, 2.4),
          new Run(Math.sqrt(1e-5), 2.1),
          new Run(1e-2, 2.0),
          new Run(Math.sqrt(1e-3), 2.2),
          new Run(1e-4, 3.2),
          new Run(Math.sqrt(1e-1), 9));

  @Test
  void divergedRunsCountAsTheStart() {
    LearningRateSensitivity all = LearningRateSensitivity.of(RUNS, START);
    assertEquals(2, all.failures());
    assertEquals(new Run(1e-2, 2), all.best());
    // By hand: 1 decade from 3.2 to 2.4, then half decades 2.4, 2.1, 2.0, 2.2, 4, 4.
    double area = 2.8 + 0.5 * (2.25 + 2.05 + 2.1 + 3.1 + 4);
    assertEquals(area / 3.5 - 2, all.sensitivity(), 1e-12);
  }

  @Test
  void theValleyIsMeasuredBetweenRuns() {
    LearningRateSensitivity all = LearningRateSensitivity.of(RUNS, START);
    // To 2.1 on the left, half a decade; halfway to 2.2 on the right.
    assertEquals(0.75, all.decades(0.1), 1e-12);
    assertEquals(2.5 + 0.5 * 1 / 1.8, all.decades(1.2), 1e-12);
    assertEquals(3.5, all.decades(3), 1e-12);
  }

  @Test
  void aParabolaIsFoundAgain() {
    double best = 3e-3;
    List<Run> runs =
        DoubleStream.of(3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 1)
            .mapToObj(rate -> new Run(rate, 2 + 0.1 * Math.pow(Math.log(rate / best), 2)))
            .toList();
    Parabola parabola = LearningRateSensitivity.of(runs, START).parabola(10);
    assertEquals(best, parabola.best(), 1e-12);
    assertEquals(2, parabola.least(), 1e-12);
    assertEquals(0.1, parabola.curvature(), 1e-12);
    // 0.1 x² = 0.4 at x = ±2.
    assertEquals(4 / Math.log(10), parabola.decades(0.4), 1e-12);
  }

  @Test
  void whatCannotBeSaidIsNot() {
    assertSays(
        "a parabola takes three runs", () -> LearningRateSensitivity.of(RUNS, START).parabola(2));
    assertSays("not 2 runs of 2", () -> LearningRateSensitivity.of(RUNS.subList(0, 2), START));
    List<Run> falling = List.of(new Run(1, 3), new Run(2, 2.5), new Run(4, 1));
    assertSays(
        "does not bend upwards", () -> LearningRateSensitivity.of(falling, START).parabola(10));
    assertThrows(IllegalArgumentException.class, () -> new Run(0, 2));
  }

  private static void assertSays(String message, Executable run) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, run);
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
