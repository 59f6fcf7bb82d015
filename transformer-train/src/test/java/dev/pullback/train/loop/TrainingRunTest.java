package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.TinyWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {

  @TempDir private Path folder;

  @Test
  void goesOnWhereItWasStopped() throws IOException {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    assertTrue(TinyRuns.train(whole, TinyRuns.config("epochs", "4"), () -> false));
    assertTrue(TinyRuns.train(parts, TinyRuns.config("epochs", "2"), () -> false));
    AtomicInteger asked = new AtomicInteger();
    RunConfig four = TinyRuns.config("epochs", "4");
    assertFalse(
        TinyRuns.train(parts, four, () -> asked.incrementAndGet() > 2), "stopped in epoch 3");
    assertTrue(TinyRuns.train(parts, four, () -> false));
    assertSame(whole, parts);
  }

  /** In the middle of an epoch, between the batches of an evaluation, after the last step. */
  @Test
  void goesOnWhereverItWasStopped() throws IOException {
    RunConfig config = TinyRuns.config("epochs", "3", "save-interval", "4");
    Path whole = folder.resolve("whole");
    AtomicInteger asked = new AtomicInteger();
    assertTrue(TinyRuns.train(whole, config, () -> asked.incrementAndGet() < 0));
    assertEquals(9 + 3 * TinyWorkload.EVALUATION_BATCHES, asked.get());
    for (int last = 1; last <= asked.get(); last++) {
      Path stopped = folder.resolve("stopped-" + last);
      int moment = last;
      AtomicInteger again = new AtomicInteger();
      assertFalse(TinyRuns.train(stopped, config, () -> again.incrementAndGet() == moment));
      assertTrue(TinyRuns.train(stopped, config, () -> false));
      assertSame(whole, stopped);
    }
  }

  private static void assertSame(Path whole, Path parts) throws IOException {
    assertEquals(TinyRuns.metrics(whole), TinyRuns.metrics(parts), parts.toString());
    List<byte[]> expected = TinyRuns.state(whole);
    List<byte[]> actual = TinyRuns.state(parts);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), parts.toString());
    }
  }

  @Test
  void saysWhenItDiverges() {
    RunConfig config = TinyRuns.config("optimizer", "sgd", "lr", "1e30", "epochs", "4");
    TrainingDivergedException failure =
        assertThrows(
            TrainingDivergedException.class, () -> TinyRuns.train(folder, config, () -> false));
    assertFalse(failure.getMessage().isBlank());
  }

  @Test
  void warmsTheLearningRateUp() throws IOException {
    RunConfig config =
        TinyRuns.config("optimizer", "sgd", "lr", "0.5", "warmup-steps", "4", "epochs", "2");
    assertTrue(TinyRuns.train(folder, config, () -> false));
    List<Double> rates =
        TinyRuns.metrics(folder).stream()
            .filter(line -> line.path("split").asText().equals("train"))
            .map(line -> line.path("learningRate").asDouble())
            .toList();
    assertEquals(List.of(0.125, 0.25, 0.375, 0.5, 0.5, 0.5), rates);
  }

  @Test
  void refusesToGoOnWithOtherData() throws IOException {
    RunConfig config = TinyRuns.config("epochs", "1");
    assertTrue(TinyRuns.train(folder, config, () -> false));
    TinyWorkload.Data other = new TinyWorkload.Data("25");
    InputException e =
        assertThrows(InputException.class, () -> TinyRuns.open(folder, config, other));
    assertTrue(e.getMessage().contains("was trained on another text or other data"), e.toString());
    InputException told =
        assertThrows(
            InputException.class,
            () ->
                TinyRuns.open(folder.resolve("new"), TinyRuns.config("data-sha256", "24"), other));
    assertEquals(
        "this was trained on another text or other data than a random linear problem: their SHA-256"
            + " is 25, expected 24",
        told.getMessage());
  }

  @Test
  void savesApartFromEvaluating() throws IOException {
    // Without a learning rate the first evaluation stays the best.
    RunConfig config =
        TinyRuns.config(
            "lr",
            "0",
            "max-steps",
            "7",
            "eval-interval",
            "3",
            "save-interval",
            "2",
            "keep-last",
            "9");
    assertTrue(TinyRuns.train(folder, config, () -> false));
    assertEquals(List.of(3L, 6L, 7L), TinyRuns.evaluated(folder));
    assertEquals(List.of(0L, 2L, 3L, 4L, 6L, 7L), TinyRuns.saved(folder));
    assertEquals(3, new RunFolder(folder).best().orElseThrow().step());
  }

  @Test
  void withoutAnIntervalItSavesAtTheEndOnly() throws IOException {
    RunConfig config = TinyRuns.config("max-steps", "7", "eval-interval", "3");
    assertTrue(TinyRuns.train(folder, config, () -> false));
    assertEquals(List.of(7L), TinyRuns.saved(folder));
  }

  @Test
  void anEvaluationTakesSoManyBatches() throws IOException {
    RunConfig config = TinyRuns.config("epochs", "3", "eval-iters", "2");
    AtomicInteger asked = new AtomicInteger();
    assertTrue(TinyRuns.train(folder, config, () -> asked.incrementAndGet() < 0));
    assertEquals(9 + 3 * 2, asked.get());
    config = TinyRuns.config("epochs", "3", "eval-iters", "2", "final-eval-iters", "1");
    asked.set(0);
    assertTrue(TinyRuns.train(folder.resolve("final"), config, () -> asked.incrementAndGet() < 0));
    assertEquals(9 + 2 * 2 + 1, asked.get());
  }

  @Test
  void readsLossesAtIntervalsOnly() throws IOException {
    List<Double> heard = new ArrayList<>();
    Silent listener =
        new Silent() {
          @Override
          public void onStep(Progress progress) {
            heard.add(progress.loss());
          }
        };
    RunConfig config = TinyRuns.config("max-steps", "5", "log-interval", "2");
    try (TrainingRun run =
        TrainingRun.open(
            config, RunWriter.create(folder.resolve("run")), TinyWorkload.DATA, listener)) {
      assertTrue(run.train(() -> false));
    }
    List<Double> written = new ArrayList<>();
    List<Long> steps = new ArrayList<>();
    for (ObjectNode line : TinyRuns.metrics(folder.resolve("run"))) {
      if (line.path("split").asText().equals("train")) {
        steps.add(line.path("step").asLong());
        written.add(line.path("loss").asDouble());
      }
    }
    assertEquals(List.of(2L, 4L), steps);
    assertEquals(
        List.of(Double.NaN, written.get(0), written.get(0), written.get(1), written.get(1)), heard);
  }

  /** The schedule is that of the steps; the seconds only end the run. */
  @Test
  void endsAfterItsSecondsEvaluatedAndSaved() throws IOException {
    Path whole = folder.resolve("whole");
    Path timed = folder.resolve("timed");
    assertTrue(TinyRuns.train(whole, TinyRuns.config("max-steps", "6"), () -> false));
    RunConfig over = TinyRuns.config("max-steps", "6", "max-seconds", "1e-9");
    assertTrue(TinyRuns.train(timed, over, () -> false));
    assertEquals(List.of(1L), TinyRuns.evaluated(timed));
    assertEquals(List.of(1L), TinyRuns.saved(timed));
    assertTrue(TinyRuns.train(timed, over, () -> false), "the time is over");
    assertEquals(List.of(1L), TinyRuns.saved(timed));
    assertTrue(TinyRuns.train(timed, TinyRuns.config("max-steps", "6"), () -> false));
    List<ObjectNode> metrics = TinyRuns.metrics(timed);
    metrics.remove(1);
    assertEquals(TinyRuns.metrics(whole), metrics);
    assertArrayEquals(TinyRuns.state(whole).get(0), TinyRuns.state(timed).get(0));
  }

  /** Step 1 and an evaluation of two batches, during which time runs out; step 2 and the last. */
  @Test
  void anEvaluationThatOutlastsTheSecondsIsNotTheLast() throws IOException {
    long seconds = 3;
    RunConfig config =
        TinyRuns.config(
            "max-steps",
            "9",
            "max-seconds",
            "" + seconds,
            "eval-interval",
            "1",
            "eval-iters",
            "2",
            "final-eval-iters",
            "1");
    AtomicInteger asked = new AtomicInteger();
    BooleanSupplier slow =
        () -> {
          long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
          while (asked.get() == 2 && System.nanoTime() < end) {
            Thread.onSpinWait();
          }
          return asked.incrementAndGet() < 0;
        };
    assertTrue(TinyRuns.train(folder, config, slow));
    assertEquals(1 + 2 + 1 + 1, asked.get());
    assertEquals(List.of(1L, 2L), TinyRuns.evaluated(folder));
  }

  /** What a process that is killed between the evaluation and its checkpoint leaves. */
  @Test
  void anEvaluationThatNoCheckpointKnowsIsWrittenOnce() throws IOException {
    RunConfig config = TinyRuns.config("max-steps", "3", "eval-interval", "1");
    assertTrue(TinyRuns.train(folder, config, () -> false));
    AtomicInteger asked = new AtomicInteger();
    RunConfig more = config.with(Map.of("max-steps", "6"));
    assertFalse(TinyRuns.train(folder, more, () -> asked.incrementAndGet() > 1));
    Path metrics = new RunFolder(folder).metrics();
    Files.writeString(
        metrics, "{\"step\":4,\"split\":\"validation\",\"loss\":1.0}\n", StandardOpenOption.APPEND);
    assertTrue(TinyRuns.train(folder, more, () -> false));
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), TinyRuns.evaluated(folder));
  }

  @Test
  void recordsWhatAContinuedRunChanges() throws IOException {
    assertTrue(TinyRuns.train(folder, TinyRuns.config("max-steps", "3"), () -> false));
    assertTrue(TinyRuns.train(folder, TinyRuns.config("max-steps", "3"), () -> false));
    assertFalse(Files.exists(folder.resolve("changes.jsonl")));
    RunConfig more = TinyRuns.config("max-steps", "5", "lr", "0.02");
    assertTrue(TinyRuns.train(folder, more, () -> false));
    assertEquals(
        List.of(
            "{\"step\":3,\"lr\":{\"from\":\"0.01\",\"to\":\"0.02\"},"
                + "\"max-steps\":{\"from\":\"3\",\"to\":\"5\"}}"),
        Files.readAllLines(folder.resolve("changes.jsonl")));
  }

  @Test
  void aCheckpointOfAnotherOptimizerIsRefused() throws IOException {
    assertTrue(TinyRuns.train(folder, TinyRuns.config("max-steps", "3"), () -> false));
    Map<String, String> before = TinyRuns.bytes(folder);
    InputException e =
        assertThrows(
            InputException.class,
            () ->
                TinyRuns.train(
                    folder, TinyRuns.config("optimizer", "lion", "max-steps", "5"), () -> false));
    assertTrue(e.getMessage().contains("adam"), e.getMessage());
    assertTrue(e.getMessage().contains("lion"), e.getMessage());
    assertEquals(before, TinyRuns.bytes(folder));
  }
}
