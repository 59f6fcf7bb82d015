package dev.pullback.optim;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ranks that are threads of this process. */
final class ThreadRanks {

  private static final long PATIENCE_SECONDS = 60;

  private final float[][] given;
  private final float[][] sums;
  private final CyclicBarrier met;
  private int sumsUntilFailure = Integer.MAX_VALUE;

  ThreadRanks(int size) {
    given = new float[size][];
    sums = new float[1][];
    met = new CyclicBarrier(size, () -> sums[0] = total());
  }

  /** Lets every sum after so many fail, having spoilt the values. */
  ThreadRanks failingAfter(int count) {
    sumsUntilFailure = count;
    return this;
  }

  private float[] total() {
    float[] total = new float[given[0].length];
    for (float[] values : given) {
      for (int i = 0; i < total.length; i++) {
        total[i] += values[i];
      }
    }
    return total;
  }

  /** What one rank does. */
  interface Work<T> {
    T run(Collective collective) throws Exception;
  }

  /** Lets all ranks do something at once; what one of them throws is thrown. */
  static <T> List<T> run(ThreadRanks ranks, Work<T> work) throws Exception {
    int size = ranks.given.length;
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<T>> results = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        Collective own = ranks.rank(rank);
        results.add(threads.submit(() -> work.run(own)));
      }
      List<T> values = new ArrayList<>();
      for (Future<T> result : results) {
        values.add(result.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      }
      return values;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } finally {
      threads.shutdownNow();
    }
  }

  private Collective rank(int rank) {
    return new Collective() {

      private int done;

      @Override
      public int rank() {
        return rank;
      }

      @Override
      public int size() {
        return given.length;
      }

      @Override
      public void sum(float[] values) throws IOException {
        if (done++ >= sumsUntilFailure) {
          Arrays.fill(values, Float.NaN);
          throw new IOException("rank 1 is gone");
        }
        given[rank] = values;
        try {
          met.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
          System.arraycopy(sums[0], 0, values, 0, values.length);
          met.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (BrokenBarrierException | TimeoutException | InterruptedException e) {
          throw new IOException("the ranks do not meet", e);
        }
      }

      @Override
      public void close() {}
    };
  }
}
