package dev.pullback.train.cli;

import java.io.IOException;
import java.util.function.IntConsumer;

/**
 * Ends this process when the one that started it is gone, however it ended: standard input is a
 * pipe from there, which the kernel closes.
 */
final class Lifeline {

  private static final int ORPHANED = 1;

  private Lifeline() {}

  /** Holds it until this process ends, at once; what has been saved is whole at any moment. */
  static void hold() {
    hold(Runtime.getRuntime()::halt);
  }

  /** Holds it until this process ends, as after Ctrl-C: a {@link StopSignal} lets it save. */
  static void holdToSave() {
    hold(Runtime.getRuntime()::exit);
  }

  private static void hold(IntConsumer end) {
    Thread thread = new Thread(() -> waitForEnd(end), "lifeline");
    thread.setDaemon(true);
    thread.start();
  }

  private static void waitForEnd(IntConsumer end) {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes to it.
      }
    } catch (IOException e) {
      System.err.println("pullback: standard input cannot be read: " + e.getMessage());
    }
    end.accept(ORPHANED);
  }
}
