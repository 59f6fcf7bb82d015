package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full or fails at any moment takes no checkpoint away. */
class FailedSavesTest {

  private static final Retention LAST = new Retention(1, 0);
  private static final String FULL = "No space left on device";

  @TempDir(factory = InMemory.class)
  private Path temporary;

  /** A disk with little space, or which fails at one operation, or from one on. */
  private static final class FaultyOperations extends UnsyncedOperations {

    /** Bytes that fit; a name takes one. */
    private int space = Integer.MAX_VALUE;

    private int operationsUntilFault = Integer.MAX_VALUE;
    private boolean forGood;
    private boolean failed;

    private void operation() throws IOException {
      if (operationsUntilFault != Integer.MAX_VALUE && operationsUntilFault-- <= 0) {
        if (!forGood) {
          operationsUntilFault = Integer.MAX_VALUE;
        }
        failed = true;
        throw new IOException("Input/output error");
      }
    }

    private void take(int bytes) throws IOException {
      if (bytes > space) {
        failed = true;
        throw new IOException(FULL);
      }
      space -= bytes;
    }

    private Output faulty(Output output) {
      return new Output() {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          operation();
          int fits = Math.min(length, space);
          output.write(bytes, offset, fits);
          take(fits);
          take(length - fits);
        }

        @Override
        public void sync() throws IOException {
          operation();
          output.sync();
        }

        @Override
        public void close() throws IOException {
          output.close();
        }
      };
    }

    @Override
    public Output create(Path file) throws IOException {
      operation();
      take(1);
      return faulty(super.create(file));
    }

    @Override
    public Output append(Path file) throws IOException {
      operation();
      take(Files.exists(file) ? 0 : 1);
      return faulty(super.append(file));
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
      operation();
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
      operation();
      super.rename(from, to);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
      operation();
      take(1);
      super.createFolder(folder);
    }

    @Override
    public void delete(Path path) throws IOException {
      operation();
      super.delete(path);
    }
  }

  @Test
  void aDiskThatIsFullAtAnyByte() throws IOException {
    int space = 0;
    while (saveFails(space, Integer.MAX_VALUE, false)) {
      space++;
    }
    assertTrue(space > 150, space + " bytes");
  }

  @Test
  void aDiskThatFailsAtAnyOperation() throws IOException {
    for (boolean forGood : List.of(false, true)) {
      int operation = 0;
      while (saveFails(Integer.MAX_VALUE, operation, forGood)) {
        operation++;
      }
      assertTrue(operation > 20, operation + " operations");
    }
  }

  /** Saves on a disk with a fault, then without. Returns whether the fault was reached. */
  private boolean saveFails(int space, int operation, boolean forGood) throws IOException {
    Path path = Files.createTempDirectory(temporary, "run");
    FaultyOperations disk = new FaultyOperations();
    try (RunWriter writer = RunWriter.create(disk, path)) {
      writer.write("config.yaml", "");
      save(writer, 0);
      save(writer, 1);
      disk.space = space;
      disk.operationsUntilFault = operation;
      disk.forGood = forGood;
      try {
        boolean best = space == Integer.MAX_VALUE; // what is named the best stays
        writer.save(2, best, LAST, files -> write(files, 2));
        check(writer.folder(), 2);
      } catch (IOException e) {
        assertTrue(disk.failed, "a failure of its own: " + e);
        String reason = space == Integer.MAX_VALUE ? "Input/output error" : FULL;
        assertEquals(
            "cannot save the checkpoint %s/checkpoints/step-00000002: %s".formatted(path, reason),
            e.getMessage());
        // If only the last sync failed, the new one is named.
        long latest = writer.folder().latest().orElseThrow().step();
        check(writer.folder(), latest);
        if (space < Integer.MAX_VALUE) {
          assertEquals(1, latest);
          assertEquals(1, writer.folder().checkpoints().size(), "what could not be named is gone");
          assertNoLeftovers(path); // what a full disk is full of
        }
      }
      disk.space = Integer.MAX_VALUE;
      disk.operationsUntilFault = Integer.MAX_VALUE;
      save(writer, 3);
      check(writer.folder(), 3);
      assertNoLeftovers(path);
    }
    try (RunWriter writer = RunWriter.resume(disk, path)) {
      save(writer, 4);
      check(writer.folder(), 4);
    }
    return disk.failed;
  }

  private static void save(RunWriter writer, long step) throws IOException {
    writer.save(step, false, LAST, files -> write(files, step));
  }

  private static void write(CheckpointFiles files, long step) throws IOException {
    files.create("model").write(model(step));
    files.create("state").write(model(step), 0, 10);
  }

  private static byte[] model(long step) {
    byte[] bytes = new byte[150];
    Arrays.fill(bytes, (byte) step);
    return bytes;
  }

  private static void check(RunFolder run, long latest) throws IOException {
    assertEquals(latest, RunFolder.open(run.path()).latest().orElseThrow().step());
    for (Checkpoint checkpoint : run.checkpoints()) {
      assertArrayEquals(
          model(checkpoint.step()), Files.readAllBytes(checkpoint.file("model")), "model");
      assertEquals(10, Files.size(checkpoint.file("state")));
    }
  }

  private static void assertNoLeftovers(Path path) throws IOException {
    for (Path folder : List.of(path, path.resolve("checkpoints"))) {
      for (Path left : AtomicFiles.list(folder)) {
        assertFalse(AtomicFiles.isPartial(left), "left: " + left);
      }
    }
  }

  @Test
  void aStartThatFailsAtAnyOperationCanBeStartedAgain() throws IOException {
    FaultyOperations disk = new FaultyOperations();
    int operation = 0;
    do {
      Path path = temporary.resolve("runs/" + operation);
      disk.failed = false;
      disk.operationsUntilFault = operation;
      try (RunWriter writer = RunWriter.create(disk, path)) {
        writer.write("config.yaml", "old");
        save(writer, 0);
      } catch (InputException e) {
        assertTrue(e.getMessage().contains(path + ": Input/output error"), e.getMessage());
      } catch (IOException e) {
        assertTrue(e.getMessage().endsWith("Input/output error"), e.getMessage());
      }
      disk.operationsUntilFault = Integer.MAX_VALUE;
      if (!new RunFolder(path).isRun()) {
        try (RunWriter writer = RunWriter.create(disk, path)) {
          writer.write("config.yaml", "");
          save(writer, 0);
        }
      }
      check(new RunFolder(path), 0);
      operation++;
    } while (disk.failed);
    assertTrue(operation > 20, operation + " operations");
  }

  @Test
  void aFullDiskUnderMetricsIsOneSentence() throws IOException {
    FaultyOperations disk = new FaultyOperations();
    Path file = temporary.resolve("metrics.jsonl");
    try (JsonLines lines = JsonLines.open(disk, file, 0)) {
      lines.write(new ObjectMapper().createObjectNode().put("step", 1));
      disk.space = 5;
      for (int i = 0; i < 2; i++) {
        IOException e =
            assertThrows(
                IOException.class,
                () -> lines.write(new ObjectMapper().createObjectNode().put("step", 2)));
        assertEquals("cannot write " + file + ": " + FULL, e.getMessage());
        disk.space = Integer.MAX_VALUE; // nothing may follow half a line
      }
    }
    assertEquals("{\"step\":1}\n{\"ste", Files.readString(file));
    JsonLines.open(disk, file, 1).close();
    assertEquals("{\"step\":1}\n", Files.readString(file));
  }
}
