package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One thread saves without a pause, another opens and reads, as {@code sample} and {@code plot}.
 */
class ReadersBesideAWriterTest {

  private static final int SAVES = 500;

  @TempDir(factory = InMemory.class)
  private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void bothGoOn(int last) throws IOException, InterruptedException, ExecutionException {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try (RunWriter writer = RunWriter.create(new UnsyncedOperations(), folder)) {
      writer.write("config.yaml", "");
      save(writer, 0, last);
      Future<Integer> reads = reader.submit(() -> readUntil(done));
      for (int step = 1; step <= SAVES; step++) {
        save(writer, step, last);
      }
      done.set(true);
      assertTrue(reads.get() > 10, reads.get() + " reads");
      assertEquals(last + 1, writer.folder().checkpoints().size(), "with the best");
    } finally {
      done.set(true);
      reader.shutdown();
    }
  }

  private static void save(RunWriter writer, int step, int last) throws IOException {
    writer.save(
        step,
        step % 7 == 0,
        new Retention(step % 7 == 0 ? 1 : last, 0),
        files -> {
          files.create("model").write(content(step));
          files.create("state").write(content(step));
        });
  }

  private static byte[] content(long step) {
    byte[] bytes = new byte[2000];
    Arrays.fill(bytes, (byte) step);
    return bytes;
  }

  private int readUntil(AtomicBoolean done) throws IOException {
    int reads = 0;
    for (; !done.get(); reads++) {
      RunFolder run = RunFolder.open(folder);
      run.readLatest(
          checkpoint -> {
            byte[] expected = content(checkpoint.step());
            byte[] model = Files.readAllBytes(checkpoint.file("model"));
            byte[] state = Files.readAllBytes(checkpoint.file("state"));
            assertArrayEquals(expected, model);
            assertArrayEquals(expected, state);
            return checkpoint;
          });
      run.best();
      run.checkpoints();
    }
    return reads;
  }
}
