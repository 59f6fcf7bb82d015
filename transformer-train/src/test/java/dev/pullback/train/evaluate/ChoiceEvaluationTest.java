package dev.pullback.train.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChoiceEvaluationTest {

  private static final String TEXT = "First Citizen: we are";

  @TempDir private static Path folder;
  private static LanguageModel model;

  @BeforeAll
  static void load() throws IOException {
    model = GoldenModel.load("llama", folder);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static long[] tokens(String text) {
    return Arrays.stream(model.tokenizer().encode(text)).asLongStream().toArray();
  }

  /** The log likelihood of the last tokens of a text, computed by itself. */
  private static double last(long[] tokens, int count) {
    double[] losses = GoldenModel.losses(model, tokens);
    return -Arrays.stream(losses).skip(losses.length - count).sum();
  }

  /** More endings than are computed at once, of different lengths. */
  @Test
  void likelihoodsAreThoseOfEachEndingByItself() {
    List<String> endings =
        IntStream.range(0, 70).mapToObj(i -> "good citizens".substring(0, 1 + i % 13) + i).toList();
    double[] found =
        new ChoiceEvaluation(model).logLikelihoods(new ChoiceQuestion(TEXT, endings, 0));
    for (int i = 0; i < found.length; i++) {
      long[] whole = tokens(TEXT + " " + endings.get(i));
      double expected = last(whole, whole.length - tokens(TEXT).length);
      assertEquals(expected, found[i], 1e-4, endings.get(i));
    }
  }

  @Test
  void countsTheMostProbableAndTheMostProbablePerCharacter() {
    List<String> endings = List.of("a", "rich citizens of the old town");
    double[] likelihoods = new ChoiceEvaluation(model).logLikelihoods(question(endings, 0));
    assertTrue(likelihoods[0] > likelihoods[1], "more tokens are less probable");
    assertTrue(likelihoods[0] / 1 < likelihoods[1] / 29, "but not by the character");
    ChoiceEvaluation evaluation = new ChoiceEvaluation(model);
    for (int label : new int[] {0, 0, 1, 0}) {
      evaluation.answer(question(endings, label));
    }
    assertEquals(new ChoiceScore(4, 3, 1), evaluation.score());
    assertEquals(0.75, evaluation.score().accuracy());
    assertEquals(0.25, evaluation.score().normalizedAccuracy());
    // Of 1, 1, 0, 1: the standard deviation 0.5, over the root of 4.
    assertEquals(0.25, evaluation.score().standardError(0.75), 1e-12);
    assertTrue(Double.isNaN(new ChoiceScore(1, 1, 1).standardError(1)));
  }

  private static ChoiceQuestion question(List<String> endings, int label) {
    return new ChoiceQuestion(TEXT, endings, label);
  }

  @Test
  void ofALongTextTheEndIsTaken() {
    int context = model.block().config().context();
    String text = "we are good ".repeat(context).strip();
    long[] whole = tokens(text + " citizens");
    int ending = whole.length - tokens(text).length;
    double expected =
        last(Arrays.copyOfRange(whole, whole.length - context - 1, whole.length), ending);
    double[] found =
        new ChoiceEvaluation(model)
            .logLikelihoods(new ChoiceQuestion(text, List.of("citizens", "us"), 0));
    assertEquals(expected, found[0], 1e-4);
    ChoiceQuestion tooLong = new ChoiceQuestion(TEXT, List.of("us", text), 0);
    InputException e =
        assertThrows(InputException.class, () -> new ChoiceEvaluation(model).answer(tooLong));
    assertTrue(e.getMessage().startsWith("ending 1 has "), e.getMessage());
  }
}
