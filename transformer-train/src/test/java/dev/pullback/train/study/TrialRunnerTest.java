package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a trial in its folder; its steps are those of every run. */
class TrialRunnerTest {

  @TempDir private Path out;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TinyText.write(out);
  }

  @Test
  void aStoppedTrialIsNoResult() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    BooleanSupplier stop = () -> asked.incrementAndGet() > 7; // in the second epoch
    assertTrue(runner(stop).run(trial(4)).isEmpty());
    assertFalse(Files.exists(folder().resolve("row.json")));
    ResultRow row = runner(() -> false).run(trial(4)).orElseThrow();
    assertEquals(4, row.epochs());
    assertEquals(4 * TinyText.STEPS_PER_EPOCH, row.trainingSteps());
    assertEquals(new ResultRow.Run("test", "PyTorch", "cpu()", "float32", 12L, null), row.run());
  }

  @Test
  void moreEpochsGoOnFromTheCheckpoint() throws IOException {
    runner(() -> false).run(trial(2));
    List<String> before = Files.readAllLines(metrics());
    assertEquals(4, runner(() -> false).run(trial(4)).orElseThrow().epochs());
    assertEquals(before, Files.readAllLines(metrics()).subList(0, before.size()));
    assertEquals(4, runner(() -> false).run(trial(3)).orElseThrow().epochs(), "complete");
  }

  @Test
  void resultsThatCannotBeContinuedAreKept() throws IOException {
    runner(() -> false).run(trial(2));
    try (Stream<Path> files = Files.walk(folder().resolve("checkpoints"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    List<String> before = Files.readAllLines(metrics());
    assertEquals(2, runner(() -> false).run(trial(2)).orElseThrow().epochs(), "shown");
    InputException e = assertThrows(InputException.class, () -> runner(() -> false).run(trial(4)));
    assertTrue(e.getMessage().contains("keeps 2 epochs but no checkpoint"), e.getMessage());
    assertEquals(before, Files.readAllLines(metrics()));
  }

  @Test
  void theRowOfADivergedTrialSaysWhy() throws IOException {
    TrialSpec trial = TinyText.trial(text, Map.of("optimizer", "sgd", "lr", "1e30"));
    ResultRow row = runner(() -> false).run(trial).orElseThrow();
    assertTrue(row.failed());
    assertFalse(row.failure().isBlank());
    assertNull(row.steps());
    FileTimes times = FileTimes.of(out.resolve(trial.folder()));
    assertEquals(row, runner(() -> false).run(trial).orElseThrow(), "a failure is a result");
    assertEquals(times, FileTimes.of(out.resolve(trial.folder())));
  }

  /** When the files of a trial were written. */
  private record FileTimes(List<String> all) {

    static FileTimes of(Path folder) throws IOException {
      try (Stream<Path> files = Files.walk(folder)) {
        return new FileTimes(
            files.filter(Files::isRegularFile).sorted().map(FileTimes::time).toList());
      }
    }

    private static String time(Path file) {
      return file + " " + file.toFile().lastModified();
    }
  }

  private TrialSpec trial(int epochs) {
    return TinyText.trial(text, Map.of("epochs", "" + epochs));
  }

  private Path folder() {
    return out.resolve(trial(1).folder());
  }

  private Path metrics() {
    return folder().resolve("metrics.jsonl");
  }

  private TrialRunner runner(BooleanSupplier stop) {
    return new TrialRunner(out, "test", stop, line -> {});
  }
}
