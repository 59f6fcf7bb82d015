package dev.pullback.train.corpus;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Does independent pieces of work on several threads. */
final class Parallel {

  private Parallel() {}

  /**
   * Does all.
   *
   * @param jobs how many at once, at least 1
   * @param work the pieces
   * @return their results, in their order
   * @throws IOException if one of them does; those that have not begun are left out then
   */
  static <T> List<T> all(int jobs, List<Callable<T>> work) throws IOException {
    ExecutorService threads = Executors.newFixedThreadPool(jobs);
    try {
      List<Future<T>> futures = work.stream().map(threads::submit).toList();
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("interrupted; the same command goes on from here", e);
    } finally {
      threads.shutdownNow();
      awaitEnd(threads);
    }
  }

  private static IOException failure(Throwable cause) {
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return cause instanceof IOException e ? e : new IOException(cause);
  }

  /** Nobody may write any more when the folder's lock is given back. */
  private static void awaitEnd(ExecutorService threads) {
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs what writes from within an interface that has no checked exceptions. */
  interface Writing {
    void run() throws IOException;
  }

  static void unchecked(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
