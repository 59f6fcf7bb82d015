package dev.pullback.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenChooserTest {

  private static final float[] LOGITS = {0, (float) Math.log(2), (float) Math.log(5), -100};

  @Test
  void temperatureZeroTakesTheMostProbable() {
    TokenChooser chooser = new TokenChooser(new Sampling(0, 0, 1), 0);
    for (int i = 0; i < 20; i++) {
      assertEquals(2, chooser.choose(LOGITS));
    }
  }

  /** Seeds that follow each other are as different as others. */
  @Test
  void theFirstTokensOfSeedsAreSpread() {
    float[] even = new float[64];
    int[] counts = new int[even.length];
    for (int seed = 0; seed < 6400; seed++) {
      counts[new TokenChooser(new Sampling(1, 0, seed), 0).choose(even)]++;
    }
    for (int count : counts) { // 100 on average, with a standard deviation of 9.9
      assertTrue(count > 55 && count < 145, Arrays.toString(counts));
    }
  }

  /** What was chosen becomes less probable, until something else is the most probable one. */
  @Test
  void thePenaltyGrowsTheVariety() {
    TokenChooser chooser = new TokenChooser(new Sampling(0, 0, 1, 0, 3, 1), 0);
    assertEquals(2, chooser.choose(LOGITS));
    assertEquals(1, chooser.choose(LOGITS));
    assertEquals(2, chooser.choose(LOGITS));
    TokenChooser prompted = new TokenChooser(new Sampling(0, 0, 1, 0, 3, 1), 0);
    prompted.see(2, 2, 2);
    assertEquals(1, prompted.choose(LOGITS));
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
    TokenChooser chooser = new TokenChooser(new Sampling(temperature, topK, 42), 0);
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

  static List<JsonNode> golden() throws IOException {
    try (InputStream in = TokenChooserTest.class.getResourceAsStream("/golden/sampling.json")) {
      List<JsonNode> cases = new ArrayList<>();
      new JsonMapper().readTree(in).path("cases").forEach(cases::add);
      return cases;
    }
  }

  /** What transformers makes of the same logits, in its own order; bench/peers has the script. */
  @ParameterizedTest
  @MethodSource("golden")
  void agreesWithTransformers(JsonNode golden) {
    JsonNode s = golden.path("settings");
    Sampling sampling =
        new Sampling(
            s.path("temperature").asDouble(1),
            s.path("top_k").asInt(0),
            s.path("top_p").asDouble(1),
            s.path("min_p").asDouble(0),
            s.path("repetition_penalty").asDouble(1),
            1);
    double[] numbers = numbers(golden.path("logits"));
    float[] logits = new float[numbers.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) numbers[i];
    }
    TokenChooser chooser = new TokenChooser(sampling, 0);
    chooser.see(Arrays.stream(numbers(golden.path("seen"))).mapToLong(x -> (long) x).toArray());
    double[] weights = chooser.weights(chooser.penalised(logits));
    double[] expected = numbers(golden.path("probabilities"));
    double sum = Arrays.stream(weights).sum();
    assertArrayEquals(expected, Arrays.stream(weights).map(w -> w / sum).toArray(), 1e-6);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i] == 0, weights[i] == 0, "token " + i);
    }
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  @Test
  void samplesHaveRandomNumbersOfTheirOwn() {
    float[] flat = new float[1000];
    Sampling sampling = new Sampling(1, 0, 7);
    int[] first = draws(new TokenChooser(sampling, 0), flat);
    assertArrayEquals(first, draws(new TokenChooser(sampling, 0), flat));
    int[] second = draws(new TokenChooser(sampling, 1), flat);
    assertArrayEquals(second, draws(new TokenChooser(sampling, 1), flat));
    assertTrue(!Arrays.equals(first, second));
  }

  private static int[] draws(TokenChooser chooser, float[] logits) {
    int[] tokens = new int[20];
    Arrays.setAll(tokens, i -> chooser.choose(logits));
    return tokens;
  }

  /** Whatever a broken model answers, a token is chosen. */
  @Test
  void choosesAmongLogitsThatAreNoNumbers() {
    Sampling all = new Sampling(1, 2, 0.5, 0.1, 2, 1);
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
      for (float[] logits : new float[][] {{bad, bad, bad}, {0, bad, 1}, {bad, 0, 1}}) {
        int token = new TokenChooser(all, 0).choose(logits);
        assertTrue(token >= 0 && token < 3);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 1, 0, 1, temperature",
    "NaN, 0, 1, 0, 1, temperature",
    "Infinity, 0, 1, 0, 1, temperature",
    "1, -1, 1, 0, 1, top-k",
    "1, 0, 0, 0, 1, top-p",
    "1, 0, 1.1, 0, 1, top-p",
    "1, 0, NaN, 0, 1, top-p",
    "1, 0, 1, -0.1, 1, min-p",
    "1, 0, 1, 1.1, 1, min-p",
    "1, 0, 1, 0, 0, repetition penalty",
    "1, 0, 1, 0, Infinity, repetition penalty",
  })
  void refusesValuesOutOfRange(
      double temperature, int topK, double topP, double minP, double penalty, String name) {
    InputException e =
        assertThrows(
            InputException.class, () -> new Sampling(temperature, topK, topP, minP, penalty, 1));
    assertTrue(e.getMessage().startsWith(name), e.getMessage());
  }
}
