package dev.pullback.train.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenChooserTest {

  private static final float[] LOGITS = {0, (float) Math.log(2), (float) Math.log(5), -100};

  @Test
  void temperatureZeroTakesTheMostProbable() {
    TokenChooser chooser = new TokenChooser(new Sampling(0, 0, 1));
    for (int i = 0; i < 20; i++) {
      assertEquals(2, chooser.choose(LOGITS));
    }
  }

  /** Probabilities 1/8, 2/8, 5/8; at temperature 0.5 their squares; top-k drops the rest. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0.125, 0.25, 0.625",
    "0.5, 0, 0.03333, 0.13333, 0.83333",
    "1, 2, 0, 0.28571, 0.71429",
    "1, 1, 0, 0, 1",
    "1, 9, 0.125, 0.25, 0.625",
  })
  void followsTheProbabilities(double temperature, int topK, double a, double b, double c) {
    TokenChooser chooser = new TokenChooser(new Sampling(temperature, topK, 42));
    int n = 40_000;
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < n; i++) {
      counts[chooser.choose(LOGITS)]++;
    }
    assertEquals(a, counts[0] / (double) n, 0.01);
    assertEquals(b, counts[1] / (double) n, 0.01);
    assertEquals(c, counts[2] / (double) n, 0.01);
    assertEquals(0, counts[3]);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, temperature",
    "NaN, 0, temperature",
    "Infinity, 0, temperature",
    "1, -1, top-k"
  })
  void refusesValuesOutOfRange(double temperature, int topK, String name) {
    InputException e = assertThrows(InputException.class, () -> new Sampling(temperature, topK, 1));
    assertTrue(e.getMessage().contains(name), e.getMessage());
  }
}
