package dev.pullback.train.cli;

import java.io.IOException;

/**
 * Ends this process when the one that started it is gone, however it ended: standard input is a
 * pipe from there, which the kernel closes. What has been saved is whole at any moment.
 */
final class Lifeline {

  private static final int ORPHANED = 1;

  private Lifeline() {}

  /** Holds it until this process ends. */
  static void hold() {
    Thread thread = new Thread(Lifeline::waitForEnd, "lifeline");
    thread.setDaemon(true);
    thread.start();
  }

  private static void waitForEnd() {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes to it.
      }
    } catch (IOException e) {
      System.err.println("pullback: standard input cannot be read: " + e.getMessage());
    }
    Runtime.getRuntime().halt(ORPHANED);
  }
}
