package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.optim.Kernels;
import dev.pullback.train.InputException;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.loop.EpochTrialTest;
import dev.pullback.train.model.Precision;
import dev.pullback.train.task.Compute;
import dev.pullback.train.task.TinyWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a trial in its folder; its epochs are {@link EpochTrialTest}'s. */
class TrialRunnerTest {

  private static final Trial TRIAL =
      new Trial("tiny", "tiny", null, "adam", null, 1, Map.of("lr", 0.01));

  @TempDir private Path out;

  @Test
  void aStoppedTrialIsNoResult() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    BooleanSupplier stop = () -> asked.incrementAndGet() > 6; // in the second epoch
    assertTrue(runner(4, stop).run(TRIAL).isEmpty());
    assertFalse(Files.exists(folder().resolve("row.json")));
    ResultRow row = runner(4, () -> false).run(TRIAL).orElseThrow();
    assertEquals(4, row.epochs());
    assertEquals(new ResultRow.Run("test", "PyTorch", "float32", 24L), row.run());
  }

  @Test
  void moreEpochsGoOnFromTheCheckpoint() throws IOException {
    runner(2, () -> false).run(TRIAL);
    List<String> before = Files.readAllLines(folder().resolve("epochs.jsonl"));
    assertEquals(4, runner(4, () -> false).run(TRIAL).orElseThrow().epochs());
    assertEquals(before, Files.readAllLines(folder().resolve("epochs.jsonl")).subList(0, 2));
    assertEquals(4, runner(3, () -> false).run(TRIAL).orElseThrow().epochs(), "complete");
  }

  @Test
  void resultsThatCannotBeContinuedAreKept() throws IOException {
    runner(2, () -> false).run(TRIAL);
    try (Stream<Path> files = Files.walk(folder().resolve("checkpoint"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    List<String> before = Files.readAllLines(folder().resolve("epochs.jsonl"));
    assertEquals(2, runner(2, () -> false).run(TRIAL).orElseThrow().epochs(), "shown");
    InputException e = assertThrows(InputException.class, () -> runner(4, () -> false).run(TRIAL));
    assertTrue(e.getMessage().contains("keeps 2 epochs but no checkpoint"), e.getMessage());
    assertEquals(before, Files.readAllLines(folder().resolve("epochs.jsonl")));
  }

  private Path folder() {
    return out.resolve(TRIAL.folder());
  }

  private TrialRunner runner(int epochs, BooleanSupplier stop) {
    return new TrialRunner(
        out,
        "test",
        epochs,
        new Compute(TrainingEngine.PYTORCH, Kernels.PORTABLE, Precision.FLOAT32),
        name -> TinyWorkload.SUBJECT,
        stop,
        line -> {});
  }
}
