package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {

  @TempDir private Path folder;

  /** Another process: tells by its exit status whether it gets the lock. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      System.exit(RunLock.take(Path.of(arguments[0])).isPresent() ? 0 : 3);
    }
  }

  private boolean anotherProcessGetsIt() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Probe.class.getName(),
                folder.toString())
            .inheritIO()
            .start();
    int status = process.waitFor();
    assertTrue(status == 0 || status == 3, "status " + status);
    return status == 0;
  }

  /** POSIX drops a process's locks when it closes any descriptor of the file. */
  @Test
  void aRefusedAttemptDoesNotDropTheLock() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(folder.resolveSibling(folder + "-link"), folder);
    try {
      RunLock held = RunLock.take(folder).orElseThrow();
      assertEquals(Optional.empty(), RunLock.take(folder));
      assertEquals(Optional.empty(), RunLock.take(folder.resolve(".")));
      assertEquals(Optional.empty(), RunLock.take(link));
      assertEquals(false, anotherProcessGetsIt());
      held.close();
      assertEquals(true, anotherProcessGetsIt());
      RunLock again = RunLock.take(folder).orElseThrow();
      held.close(); // a second time, which gives nothing away
      assertEquals(Optional.empty(), RunLock.take(folder));
      again.close();
    } finally {
      Files.delete(link);
    }
  }

  @Test
  void saysWhyThereIsNoLock() {
    InputException e =
        assertThrows(InputException.class, () -> RunLock.take(folder.resolve("absent")));
    assertEquals("cannot write to --out %s/absent: no such file".formatted(folder), e.getMessage());
  }
}
