package dev.pullback.train.ranks;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The process of a rank. It ends when the process that started it does, since its standard input is
 * a pipe from there.
 */
public final class RankProcess {

  private static final int TAIL = 2000;

  private final int rank;
  private final Process process;
  private final StringBuilder tail = new StringBuilder();
  private final Thread reader;

  /**
   * Starts it.
   *
   * @param rank its number
   * @param command Java, its options, the program and its arguments
   * @param threads of one operation
   * @param shown whether it prints to this process's terminal; otherwise its last words are kept
   * @throws IOException if it cannot be started
   */
  public RankProcess(int rank, List<String> command, int threads, boolean shown)
      throws IOException {
    this.rank = rank;
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(Map.of("OMP_NUM_THREADS", Integer.toString(threads)));
    if (shown) {
      builder
          .redirectOutput(ProcessBuilder.Redirect.INHERIT)
          .redirectError(ProcessBuilder.Redirect.INHERIT);
    } else {
      builder.redirectErrorStream(true);
    }
    process = builder.start();
    reader = new Thread(this::read, "rank-" + rank + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    char[] text = new char[4096];
    try (Reader in = process.inputReader(StandardCharsets.UTF_8)) {
      for (int count = in.read(text); count >= 0; count = in.read(text)) {
        synchronized (tail) {
          tail.append(text, 0, count);
          tail.delete(0, Math.max(0, tail.length() - TAIL));
        }
      }
    } catch (IOException e) {
      return; // the pipe was closed: the process is being killed
    }
  }

  /**
   * Returns the process.
   *
   * @return it
   */
  public Process process() {
    return process;
  }

  /** Asks it to save and end, as Ctrl-C does. Its standard input must stay open meanwhile. */
  public void stop() {
    process.toHandle().destroy(); // Process.destroy would close its standard input
  }

  /**
   * Waits for the end.
   *
   * @return how it ended
   * @throws InterruptedException if this thread is interrupted; the process goes on
   */
  public RankEnd await() throws InterruptedException {
    int status = process.waitFor();
    reader.join();
    synchronized (tail) {
      return new RankEnd(rank, status, tail.toString().strip());
    }
  }
}
