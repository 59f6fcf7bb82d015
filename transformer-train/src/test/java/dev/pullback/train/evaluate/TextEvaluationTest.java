package dev.pullback.train.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import dev.pullback.train.huggingface.HubGolden;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextEvaluationTest {

  @TempDir private static Path folder;
  private static LanguageModel gpt;

  @BeforeAll
  static void load() throws IOException {
    gpt = GoldenModel.load("gpt2", folder);
  }

  @AfterAll
  static void close() {
    gpt.close();
  }

  private static long[] tokens(int count) {
    return new Random(3).longs(count, 0, gpt.tokenizer().vocabularySize()).toArray();
  }

  private static TextScore score(LanguageModel model, int context, int stride, long... tokens) {
    TextEvaluation evaluation = new TextEvaluation(model, context, stride, () -> false);
    for (long token : tokens) {
      evaluation.accept((int) token);
    }
    return evaluation.end();
  }

  /** Each window by itself; more windows than a batch has, ends in all places of a window. */
  @ParameterizedTest
  @CsvSource({"8, 8", "8, 3", "8, 7", "5, 1", "1, 1"})
  void agreesWithWindowsOneByOne(int context, int stride) {
    for (int length : new int[] {2, 3, 8, 9, 10, 16, 17, 18, 64 * stride + 2, 64 * 8 + 9, 700}) {
      long[] text = tokens(length);
      double nats = 0;
      int done = 0;
      for (int begin = 0; done < length - 1; begin += stride) {
        int end = Math.min(begin + context, length - 1);
        double[] losses = GoldenModel.losses(gpt, Arrays.copyOfRange(text, begin, end + 1));
        for (int target = done + 1; target <= end; target++) {
          nats += losses[target - 1 - begin];
        }
        done = end;
      }
      TextScore score = score(gpt, context, stride, text);
      assertEquals(length, score.tokens());
      assertEquals(length - 1, score.scored());
      assertEquals(nats, score.nats(), 1e-6 * nats, length + " tokens");
    }
  }

  /** What transformers computed, in two rows of 17 tokens. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama-rope3", "qwen2", "mistral"})
  void agreesWithTransformers(String name) throws IOException {
    try (LanguageModel model = GoldenModel.load(name, folder.resolve("golden"))) {
      double nats = 0;
      for (var row : HubGolden.numbers(name).get("inputIds")) {
        long[] tokens = new long[row.size()];
        Arrays.setAll(tokens, i -> row.get(i).asLong());
        nats += score(model, 16, 16, tokens).nats();
      }
      assertEquals(HubGolden.numbers(name).get("loss").asDouble(), nats / 32, 1e-5);
    }
  }

  /** Without weights all tokens are as probable. */
  @Test
  void aUniformModelHasThePerplexityOfItsVocabulary() throws IOException {
    try (LanguageModel model = GoldenModel.load("llama", folder.resolve("uniform"))) {
      model.block().getParameters().forEach(p -> p.getValue().getArray().muli(0));
      int vocabulary = model.block().config().vocabulary();
      TextScore score = score(model, 10, 4, tokens(100));
      assertEquals(Math.log(vocabulary), score.loss(), 1e-6);
      assertEquals(vocabulary, score.perplexity(), 1e-3);
      assertEquals(Math.log(vocabulary) / Math.log(2) / 4, score.bitsPerByte(400), 1e-6);
    }
  }

  @Test
  void stopsBetweenBatches() {
    AtomicInteger asked = new AtomicInteger();
    TextEvaluation evaluation = new TextEvaluation(gpt, 4, 4, () -> asked.incrementAndGet() == 3);
    assertThrows(
        CancellationException.class,
        () -> {
          for (long token : tokens(4 * 64 * 4)) {
            evaluation.accept((int) token);
          }
        });
    assertEquals(2 * 64 * 4, evaluation.score().scored());
  }

  @ParameterizedTest
  @CsvSource({"0, 0, context", "99999, 1, context", "8, 0, stride", "8, 9, stride"})
  void refusesValuesOutOfRange(int context, int stride, String name) {
    InputException e =
        assertThrows(
            InputException.class, () -> new TextEvaluation(gpt, context, stride, () -> false));
    assertTrue(e.getMessage().startsWith(name), e.getMessage());
  }

  @Test
  void refusesATextOfOneToken() {
    assertThrows(InputException.class, () -> score(gpt, 8, 8, 1));
    assertThrows(InputException.class, () -> score(gpt, 8, 8));
  }
}
