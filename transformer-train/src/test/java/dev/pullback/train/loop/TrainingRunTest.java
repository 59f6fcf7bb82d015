package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.task.TinyWorkload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
}
