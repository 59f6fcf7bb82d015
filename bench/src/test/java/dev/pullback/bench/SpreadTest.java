package dev.pullback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpreadTest {

  @Test
  void ofFewAreTheExtremes() {
    assertEquals(new Spread(3, 3, 3), Spread.ofSorted(3));
    assertEquals(new Spread(2.5, 1, 9), Spread.ofSorted(1, 2, 3, 9));
    assertEquals(new Spread(2, 1, 9), Spread.ofSorted(1, 2, 9));
  }

  @Test
  void ofManyArePercentiles() {
    double[] times = IntStream.rangeClosed(1, 100).mapToDouble(i -> i).toArray();
    assertEquals(new Spread(50.5, 6, 95), Spread.ofSorted(times));
  }

  @Test
  void ratesTurnTheSpreadAround() {
    assertEquals(new Spread(500, 250, 1000), new Spread(2, 1, 4).rate(1));
  }
}
