package dev.pullback.train.data;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.pullback.train.FailureReason;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Tries a transfer again where that may help: after a connection that was refused or cut off, not
 * after a missing file, a full disk, an unknown host or a connection that nobody answered.
 *
 * @param pause before the second try, positive; twice as long before each further one, and up to a
 *     fifth longer or shorter, so that many clients do not come back at once
 */
record Retries(Duration pause) {

  /** With four tries, in all less than five seconds. */
  static final Duration PAUSE = Duration.ofMillis(500);

  private static final int TRIES = 4;

  /**
   * Calls until it succeeds, fails for good, or has failed four times.
   *
   * @throws IOException the last failure
   */
  <T> T call(Callable<T> transfer) throws IOException {
    RetryPolicy<T> policy =
        RetryPolicy.<T>builder()
            .handleIf(Retries::isTemporary)
            .withMaxAttempts(TRIES)
            .withBackoff(pause, pause.multipliedBy(1L << TRIES))
            .withJitter(0.2)
            .build();
    try {
      return Failsafe.with(policy).get(transfer::call);
    } catch (FailsafeException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      throw e;
    }
  }

  /** A failure that another try would only repeat. */
  static final class FinalException extends IOException {

    private static final long serialVersionUID = 1L;

    FinalException(String reason) {
      super(reason);
    }
  }

  private static boolean isTemporary(Throwable failure) {
    return failure instanceof IOException e
        && !(e instanceof FinalException)
        && !(e instanceof FileSystemException)
        && !(e instanceof FileNotFoundException)
        && !(e instanceof HttpConnectTimeoutException)
        && !FailureReason.isUnknownHost(e);
  }
}
