package dev.pullback.train.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C into a request to stop: the virtual machine waits until the work has been put away.
 */
final class StopSignal implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 120;

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "stop-signal");
  private final boolean quiet;
  private volatile boolean requested;

  StopSignal() {
    this(false);
  }

  /** Says nothing where nothing is saved, or where another process says what happens. */
  StopSignal(boolean quiet) {
    this.quiet = quiet;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  boolean requested() {
    return requested;
  }

  private void stopAndWait() {
    requested = true;
    if (!quiet) {
      System.err.println("\nStopping: what is done so far is being saved.");
    }
    try {
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("pullback: gave up waiting for the current step");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets the virtual machine go on. */
  @Override
  public void close() {
    done.countDown();
    if (!requested) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
