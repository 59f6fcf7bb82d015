package dev.pullback.cluster;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Processes that tasks wait for. */
final class WorkerProcess {

  /** How long a process may take to save and end. */
  static final long PATIENCE_SECONDS = 60;

  private static final int TAIL_BYTES = 2000;

  private WorkerProcess() {}

  /** Waits for the end. Lets a process save and end where the task is cancelled. */
  static int await(Process process) throws InterruptedIOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.toHandle().destroy(); // Process.destroy would close its standard input
      try {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException again) {
        process.destroyForcibly();
      }
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException().initCause(e);
    }
  }

  /** Returns the last that was printed. */
  static String tail(File log) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(log, "r")) {
      file.seek(Math.max(0, file.length() - TAIL_BYTES));
      byte[] bytes = new byte[(int) (file.length() - file.getFilePointer())];
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).strip();
    }
  }
}
