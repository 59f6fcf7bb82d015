package dev.pullback.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** What holds of the choice, whatever the logits. */
class TokenChooserPropertiesTest {

  private static final double ROUNDING = 1e-12;

  @Provide
  static Arbitrary<float[]> logits() {
    return Arbitraries.floats().between(-30, 30).array(float[].class).ofMinSize(2).ofMaxSize(40);
  }

  @Property
  void topPKeepsTheSmallestSetWithTheMass(
      @ForAll("logits") float[] logits, @ForAll @DoubleRange(min = 0.01, max = 0.99) double p) {
    double[] all = weights(new Sampling(1, 0, 1), logits);
    double[] kept = weights(new Sampling(1, 0, p, 0, 1, 1), logits);
    double wanted = p * Arrays.stream(all).sum();
    double mass = Arrays.stream(kept).sum();
    double least = Arrays.stream(kept).filter(w -> w > 0).min().orElseThrow();
    assertTrue(mass >= wanted - ROUNDING, "the mass is there");
    assertTrue(mass - least < wanted + ROUNDING, "none is too many");
    for (int i = 0; i < all.length; i++) {
      assertTrue(kept[i] == all[i] || (kept[i] == 0 && all[i] <= least), "the largest are kept");
    }
  }

  @Property
  void minPKeepsWhatHasAShareOfTheLargest(
      @ForAll("logits") float[] logits, @ForAll @DoubleRange(min = 0, max = 1) double p) {
    double[] all = weights(new Sampling(1, 0, 1), logits);
    double[] kept = weights(new Sampling(1, 0, 1, p, 1, 1), logits);
    assertEquals(1, Arrays.stream(all).max().orElseThrow());
    for (int i = 0; i < all.length; i++) {
      assertEquals(all[i] >= p ? all[i] : 0, kept[i]);
    }
  }

  @Property
  void topKKeepsAsManyAndTheirEquals(
      @ForAll("logits") float[] logits, @ForAll @IntRange(min = 1, max = 50) int k) {
    double[] kept = weights(new Sampling(1, k, 1), logits);
    float[] sorted = logits.clone();
    Arrays.sort(sorted);
    float least = sorted[Math.max(0, sorted.length - k)];
    for (int i = 0; i < logits.length; i++) {
      assertEquals(logits[i] >= least, kept[i] > 0);
    }
  }

  /** Whatever is set, what is chosen is considered, and the most probable token always is. */
  @Property
  void theChosenTokenIsConsidered(
      @ForAll("logits") float[] logits,
      @ForAll @DoubleRange(min = 0.1, max = 5) double temperature,
      @ForAll @IntRange(min = 0, max = 50) int k,
      @ForAll @DoubleRange(min = 0.01, max = 1) double p,
      @ForAll @DoubleRange(min = 0, max = 1) double minP,
      @ForAll @DoubleRange(min = 0.2, max = 5) double penalty,
      @ForAll long seed) {
    Sampling sampling = new Sampling(temperature, k, p, minP, penalty, seed);
    TokenChooser chooser = new TokenChooser(sampling, 0);
    chooser.see(0);
    float[] penalised = chooser.penalised(logits);
    double[] weights = chooser.weights(penalised);
    assertTrue(weights[chooser.choose(logits)] > 0);
    int best =
        IntStream.range(0, logits.length)
            .reduce((a, b) -> penalised[b] > penalised[a] ? b : a)
            .orElseThrow();
    assertEquals(1, weights[best]);
  }

  @Property
  void thePenaltyTouchesWhatOccurredOnly(
      @ForAll("logits") float[] logits, @ForAll @DoubleRange(min = 1.01, max = 5) double penalty) {
    TokenChooser chooser = new TokenChooser(new Sampling(1, 0, 1, 0, penalty, 1), 0);
    assertArrayEquals(logits, chooser.penalised(logits));
    chooser.see(1, 100);
    float[] penalised = chooser.penalised(logits);
    for (int i = 0; i < logits.length; i++) {
      assertTrue(i == 1 ? penalised[i] <= logits[i] : penalised[i] == logits[i]);
    }
  }

  private static double[] weights(Sampling sampling, float[] logits) {
    return new TokenChooser(sampling, 0).weights(logits);
  }
}
