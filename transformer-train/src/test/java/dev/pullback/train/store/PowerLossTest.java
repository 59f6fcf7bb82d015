package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.store.RecordingOperations.Operation;
import dev.pullback.train.store.RecordingOperations.Promise;
import dev.pullback.train.store.RecordingOperations.Sync;
import dev.pullback.train.store.RecordingOperations.SyncFolder;
import dev.pullback.train.store.RecordingOperations.Write;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a power loss leaves of what was not synced, the run goes on from its last save. */
class PowerLossTest {

  private static final int LAST_STEP = 6;

  /** Where a missing sync shows: more operations than a save has. */
  private static final int WINDOW = 30;

  /** These steps are the best so far when they are saved. */
  private static final List<Long> BEST = List.of(1L, 4L);

  @TempDir(factory = InMemory.class)
  private Path temporary;

  private int cuts;

  @Test
  void aCompleteCheckpointIsFoundAtEveryCut() throws IOException {
    for (Retention keep : List.of(new Retention(1, 0), new Retention(2, 3))) {
      List<Operation> log = record(keep);
      for (int seed = 0; seed < 4; seed++) {
        powerLosses(log, 0, seed);
      }
    }
    assertTrue(cuts >= 2000, cuts + " cuts");
  }

  /** The test above would notice if one were missing: each sync of a start and of two saves. */
  @Test
  void everySyncCounts() throws IOException {
    List<Operation> log = record(new Retention(1, 0));
    List<String> unnoticed = new ArrayList<>();
    for (int i = 0; i < log.indexOf(new Promise(5)); i++) {
      boolean sync = log.get(i) instanceof Sync || log.get(i) instanceof SyncFolder;
      boolean examined = i < log.indexOf(new Promise(0)) || i > log.indexOf(new Promise(3));
      if (sync && examined && !isNoticed(log, i)) {
        unnoticed.add(String.valueOf(log.get(i - 1)));
      }
    }
    // Its folder is synced again, for the name of the folder of checkpoints, before there is one.
    assertEquals(1, unnoticed.size(), unnoticed.toString());
    assertTrue(unnoticed.get(0).endsWith("run/config.yaml]"), unnoticed.toString());
  }

  private boolean isNoticed(List<Operation> log, int missing) throws IOException {
    List<Operation> without =
        new ArrayList<>(log.subList(0, Math.min(missing + WINDOW, log.size())));
    without.remove(missing);
    for (int seed = 0; seed < 50; seed++) {
      try {
        powerLosses(without, missing, seed);
      } catch (AssertionError | IOException e) {
        return true;
      }
    }
    return false;
  }

  /** A run of several saves, stopped and resumed in between. */
  private List<Operation> record(Retention keep) throws IOException {
    Path root = Files.createTempDirectory(temporary, "recorded");
    Path path = root.resolve("runs/run");
    RecordingOperations files = new RecordingOperations(root);
    try (RunWriter writer = RunWriter.create(files, path)) {
      writer.write("config.yaml", "lr: 0.1\n");
      save(writer, 0, keep);
      files.promise(0);
      train(files, writer, 1, 3, keep);
      try (JsonLines metrics = writer.openLines("metrics.jsonl", 3)) {
        metrics.write(line(4)); // killed before it saved
      }
    }
    try (RunWriter writer = RunWriter.resume(files, path)) {
      save(writer, 3, keep); // stopped at once
    }
    try (RunWriter writer = RunWriter.resume(files, path)) {
      train(files, writer, 4, LAST_STEP, keep);
    }
    return files.log();
  }

  private static void train(
      RecordingOperations files, RunWriter writer, int from, int to, Retention keep)
      throws IOException {
    try (JsonLines metrics = writer.openLines("metrics.jsonl", from - 1)) {
      for (long step = from; step <= to; step++) {
        metrics.write(line(step));
        save(writer, step, keep);
        writer.write("row.json", "" + step);
        files.promise(step);
      }
    }
  }

  private static ObjectNode line(long step) {
    return new ObjectMapper().createObjectNode().put("step", step);
  }

  private static void save(RunWriter writer, long step, Retention keep) throws IOException {
    writer.save(
        step,
        BEST.contains(step),
        keep,
        files -> {
          try (OutputStream model = files.create("model")) {
            model.write(model(step), 0, 30);
            model.flush();
            model.write(model(step), 30, 30);
          }
          files.create("state").write(state(step));
        });
  }

  private static byte[] model(long step) {
    byte[] bytes = new byte[60];
    new Random(step).nextBytes(bytes);
    return bytes;
  }

  private static byte[] state(long step) {
    return ("step " + step).getBytes(StandardCharsets.UTF_8);
  }

  /** Cuts the power after every operation from one on, and in the middle of every write. */
  private void powerLosses(List<Operation> log, int from, int seed) throws IOException {
    Random random = new Random(new SplittableRandom(seed).nextLong());
    DiskModel disk = new DiskModel();
    long promised = -1;
    for (int i = 0; i < log.size(); i++) {
      Operation operation = log.get(i);
      if (operation instanceof Promise promise) {
        promised = promise.step();
      } else if (operation instanceof Write write) {
        int cut = random.nextInt(write.bytes().length() + 1);
        disk.apply(new Write(write.handle(), write.bytes().substring(0, cut)));
        if (i >= from) {
          powerLoss(disk, random, promised);
        }
        disk.apply(new Write(write.handle(), write.bytes().substring(cut)));
      } else {
        disk.apply(operation);
      }
      if (i >= from) {
        powerLoss(disk, random, promised);
      }
    }
  }

  private void powerLoss(DiskModel disk, Random random, long promised) throws IOException {
    cuts++;
    Path root = Files.createTempDirectory(temporary, "cut");
    disk.writeSurvivors(root, random);
    try {
      findAndGoOn(root, promised);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("cut " + cuts + ", promised step " + promised + ": " + e, e);
    }
    AtomicFiles.deleteAll(new UnsyncedOperations(), root);
  }

  private static void findAndGoOn(Path root, long promised) throws IOException {
    Path path = root.resolve("runs/run");
    RunFolder run = new RunFolder(path);
    if (promised < 0 && !run.isRun()) {
      try (RunWriter writer = RunWriter.create(new UnsyncedOperations(), path)) {
        writer.write("config.yaml", "lr: 0.1\n");
        save(writer, 0, new Retention(1, 0));
        check(run, 0);
      }
    } else {
      long step = check(run, promised);
      goOn(path, step);
    }
  }

  /** Returns the step that the run can be resumed from, at least the one promised. */
  private static long check(RunFolder run, long promised) throws IOException {
    long latest = RunFolder.open(run.path()).latest().orElseThrow().step();
    assertTrue(latest >= promised, "promised " + promised + ", found " + latest);
    long best = run.best().map(Checkpoint::step).orElse(-1L);
    for (long step : BEST) {
      assertTrue(best >= step || latest < step, "latest " + latest + ", but best " + best);
    }
    assertTrue(best < 0 || BEST.contains(best), "not the best: " + best);
    for (Checkpoint checkpoint : run.checkpoints()) {
      assertArrayEquals(
          model(checkpoint.step()), Files.readAllBytes(checkpoint.file("model")), "model");
      assertArrayEquals(
          state(checkpoint.step()), Files.readAllBytes(checkpoint.file("state")), "state");
    }
    assertEquals("lr: 0.1\n", Files.readString(run.config()));
    Path row = run.file("row.json");
    long written = Files.exists(row) ? Long.parseLong(Files.readString(row)) : 0;
    assertTrue(written >= promised, "row " + written + " of step " + promised);
    return latest;
  }

  private static void goOn(Path path, long step) throws IOException {
    try (RunWriter writer = RunWriter.resume(new UnsyncedOperations(), path)) {
      try (JsonLines metrics = writer.openLines("metrics.jsonl", step)) {
        metrics.write(line(step + 1));
        save(writer, step + 1, new Retention(1, 0));
      }
      check(writer.folder(), 0);
      assertEquals(step + 1, writer.folder().latest().orElseThrow().step());
      List<String> expected =
          LongStream.rangeClosed(1, step + 1).mapToObj(s -> line(s).toString()).toList();
      assertEquals(expected, Files.readAllLines(writer.folder().metrics()));
      for (Path folder : List.of(path, path.resolve("checkpoints"))) {
        for (Path left : AtomicFiles.list(folder)) {
          if (AtomicFiles.isPartial(left)) {
            fail("not removed: " + left);
          }
        }
      }
    }
  }
}
