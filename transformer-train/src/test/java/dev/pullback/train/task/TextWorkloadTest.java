package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.TokenData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Evaluation with contexts of eight tokens in batches of two. */
class TextWorkloadTest {

  private static final int CONTEXT = 8;

  /** Streams that end on, just after, and inside a window, and one shorter than a window. */
  @ParameterizedTest
  @ValueSource(ints = {17, 18, 23, 33, 5, 2})
  void predictsEveryTokenButTheFirstOnce(int length) {
    try (Workload work = workload(length)) {
      List<Double> losses = losses(work, length);
      Score score = work.evaluate(0, () -> false).orElseThrow();
      assertEquals(mean(losses), score.loss(), 1e-5);
      int windows = (length - 1) / CONTEXT;
      if (windows > 0) {
        double full = mean(losses.subList(0, windows * CONTEXT));
        assertEquals(Math.exp(full), score.full(), 1e-4, "the last window counts in the loss only");
      } else {
        assertTrue(Double.isNaN(score.full()));
      }
      int whole = windows / 2 * 2;
      if (whole > 0) {
        double paper = mean(losses.subList(0, whole * CONTEXT));
        assertEquals(Math.exp(paper), score.paper(), 1e-4, "whole batches");
      } else {
        assertTrue(Double.isNaN(score.paper()));
      }
    }
  }

  /** Ten windows are five batches; two of them are the first and the third. */
  @Test
  void aPartIsSpreadEvenlyAndAlwaysTheSame() {
    int length = 10 * CONTEXT + 4;
    try (Workload work = workload(length)) {
      List<Double> losses = losses(work, length);
      List<Double> taken = new ArrayList<>(losses.subList(0, 2 * CONTEXT));
      taken.addAll(losses.subList(4 * CONTEXT, 6 * CONTEXT));
      Score two = work.evaluate(2, () -> false).orElseThrow();
      assertEquals(mean(taken), two.loss(), 1e-5);
      assertEquals(Math.exp(mean(taken)), two.paper(), 1e-4);
      assertEquals(two, work.evaluate(2, () -> false).orElseThrow());
      Score all = work.evaluate(0, () -> false).orElseThrow();
      assertEquals(all, work.evaluate(5, () -> false).orElseThrow());
      assertEquals(all, work.evaluate(99, () -> false).orElseThrow());
    }
  }

  @Test
  void givesUpBetweenBatches() {
    try (Workload work = workload(10 * CONTEXT)) {
      AtomicInteger asked = new AtomicInteger();
      assertEquals(Optional.empty(), work.evaluate(0, () -> asked.incrementAndGet() == 3));
      assertEquals(3, asked.get());
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElseThrow();
  }

  /** Returns -ln p of every token but the first, each computed by itself. */
  private static List<Double> losses(Workload work, int length) {
    LanguageModel model = work.languageModel().orElseThrow();
    long[] tokens = new long[length];
    data(length).validation().copy(0, length, tokens, 0);
    List<Double> losses = new ArrayList<>();
    for (int target = 1; target < length; target++) {
      int first = (target - 1) / CONTEXT * CONTEXT;
      long[] window = new long[target - first];
      System.arraycopy(tokens, first, window, 0, window.length);
      NDArray input = HostValues.on(model.manager()).create(window, new Shape(1, window.length));
      NDArray logits = model.model().forward(input, false);
      NDArray last = logits.get("0, {}", window.length - 1).logSoftmax(0);
      losses.add(-(double) last.getFloat(tokens[target]));
    }
    return losses;
  }

  /** The last tenth of a text of ten times the length. */
  private static TokenData data(int validation) {
    int[] tokens = IntStream.range(0, 10 * validation).map(i -> (i * i + 3 * i) % 7).toArray();
    return TokenData.split(tokens, CONTEXT);
  }

  private static Workload workload(int validation) {
    RunOptions options = new RunOptions();
    options.preset = "paper";
    RunConfig config =
        RunConfig.resolve(null, options)
            .with(
                Map.of(
                    "engine", Engine.getInstance().getEngineName(),
                    "context", "" + CONTEXT,
                    "layers", "1",
                    "heads", "2",
                    "width", "8",
                    "batch", "2",
                    "dropout", "0.0"));
    LanguageModel model = new LanguageModel(config, CharTokenizer.fromText("abcdefg"), true);
    return TextWorkload.atRandom(model, data(validation), config, Share.WHOLE);
  }
}
