package dev.pullback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RankSimulationTest {

  @Test
  void aStepIsTheSlowestRankAndTheSums() {
    RankSimulation even = new RankSimulation(new double[] {2}, 0.5, 125_000_000, 30);
    assertEquals(new RankSimulation.Step(2, 0), even.step(1, 1e9, 1));
    RankSimulation.Step two = even.step(2, 1e9, 0.5);
    assertEquals(1, two.compute(), 1e-9);
    // Half of the bytes there, half of them back: a second; and two messages a bucket.
    assertEquals(0.5 + 1 + 2 * 30 * 1e-4, two.sums(), 1e-9);
    assertEquals(0.5 * 1.75 + 1.75 + 14 * 30 * 1e-4, even.step(8, 1e9, 1).sums(), 1e-9);
  }

  @Test
  void manyRanksWaitForTheSlowest() {
    RankSimulation uneven = new RankSimulation(new double[] {1, 1, 1, 2}, 0, 4, 1);
    assertEquals(1.25, uneven.step(1, 1e9, 1).compute(), 1e-9);
    double two = uneven.step(2, 1e9, 1).compute();
    assertEquals(1 + 1 - 0.75 * 0.75, two, 0.03);
    assertTrue(uneven.step(64, 1e9, 1).compute() > 1.99);
  }
}
