package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.ThisProgram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Further processes of this program, which end with it. */
final class Workers implements AutoCloseable {

  private final List<Process> processes = new ArrayList<>();

  /**
   * Starts processes that write to this one's terminal.
   *
   * @param count how many, at least 0
   * @param arguments of the command line
   */
  Workers(int count, List<String> arguments) throws IOException {
    List<String> command = ThisProgram.command();
    command.addAll(arguments);
    try {
      for (int i = 0; i < count; i++) {
        processes.add(new ProcessBuilder(command).inheritIO().start());
      }
    } catch (IOException e) {
      stop();
      throw e;
    }
  }

  /** Waits until all have ended. */
  void await() {
    try {
      for (Process process : processes) {
        process.waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("interrupted while other processes were running", e);
    }
  }

  /** Asks all to save and end, as Ctrl-C does. */
  void stop() {
    processes.forEach(Process::destroy);
  }

  /** Ends all that still run, and waits for them. */
  @Override
  public void close() {
    stop();
    await();
  }
}
