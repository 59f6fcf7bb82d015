package dev.pullback.collective;

import dev.pullback.optim.Collective;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import ml.dmlc.xgboost4j.java.Communicator;
import ml.dmlc.xgboost4j.java.XGBoostJNI;

/**
 * Ranks over TCP by XGBoost's collective: rings in which each sends twice its share of the values,
 * 2 (n-1)/n of them. All ranks get the same bits; those of three and more depend on the ranks'
 * places in the ring, since floating-point addition is not associative, and these on the machines'
 * addresses and the ranks' numbers alone.
 *
 * <p>When a rank on another machine fails, XGBoost may end this process with status 255. After a
 * failure a thread may go on waiting inside XGBoost; it does not keep the process from ending.
 */
public final class RabitCollective implements Collective {

  static final String PORT = "dmlc_tracker_port";
  private static final int ATTEMPTS = 2;

  /** XGBoost's communicator and its last error belong to the thread that joined. */
  private final ExecutorService thread;

  private final int rank;
  private final Duration timeout;
  private int size;
  private IOException failure;

  private RabitCollective(int rank, Duration timeout) {
    this.rank = rank;
    this.timeout = timeout;
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread created = new Thread(work, "rank-" + rank);
              created.setDaemon(true); // after a failure it is left as it is
              return created;
            });
  }

  /**
   * Joins the others, and waits until all have joined.
   *
   * @param host the address of their {@link MeetingPoint}
   * @param port its port
   * @param rank this process's number, from 0, another for each
   * @param patience how long those that are first wait for the last to join; whole seconds
   * @param timeout how long to wait for other ranks in each sum; above what they compute between
   *     two of them
   * @return this rank, to be closed
   * @throws IOException if there is no meeting point, the others do not come in time, or XGBoost's
   *     library is missing
   */
  public static RabitCollective join(
      String host, int port, int rank, Duration patience, Duration timeout) throws IOException {
    RabitCollective joined = new RabitCollective(rank, timeout);
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("dmlc_tracker_uri", host);
    arguments.put(PORT, port);
    // Ranks of one machine have their places in the ring by this text.
    arguments.put("dmlc_task_id", String.format(Locale.ROOT, "%06d", rank));
    arguments.put("dmlc_timeout_sec", Math.toIntExact(patience.toSeconds()));
    arguments.put("dmlc_retry", ATTEMPTS);
    try {
      joined.inThread(
          () -> {
            Xgboost.load();
            Communicator.init(arguments);
            joined.size = Communicator.getWorldSize();
            return null;
          },
          patience);
    } catch (IOException e) {
      throw new IOException(
          "cannot join the ranks at %s:%d: %s".formatted(host, port, e.getMessage()), e);
    }
    if (rank >= joined.size) {
      joined.close();
      throw new IOException(
          "rank %d is none of the %d ranks at %s:%d".formatted(rank, joined.size, host, port));
    }
    return joined;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void sum(float[] values) throws IOException {
    if (failure != null) {
      throw new IOException("the ranks have lost each other before: " + failure.getMessage());
    }
    try {
      float[] sums =
          inThread(
              () -> {
                float[] result = Communicator.allReduce(values, Communicator.OpType.SUM);
                // It returns what it was given when it has failed.
                String error = XGBoostJNI.XGBGetLastError();
                if (!error.isEmpty()) {
                  throw new IOException(Xgboost.reason(error));
                }
                return result;
              },
              timeout);
      System.arraycopy(sums, 0, values, 0, values.length);
    } catch (IOException e) {
      failure = e;
      throw new IOException("another rank is gone or does not answer: " + e.getMessage(), e);
    }
  }

  /** XGBoost waits for a rank that is stopped, or cut off, for as long as that lasts. */
  private <T> T inThread(Callable<T> work, Duration limit) throws IOException {
    try {
      return thread.submit(work).get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + limit.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw cause instanceof IOException own
          ? own
          : new IOException(Xgboost.reason(cause.getMessage()), cause);
    }
  }

  /** Leaves; after a failure there is nobody to take leave of. */
  @Override
  public void close() {
    if (failure == null && !thread.isShutdown()) {
      try {
        inThread(
            () -> {
              Communicator.shutdown();
              return null;
            },
            timeout);
      } catch (IOException e) {
        failure = e; // the others are gone, which is what this was for
      }
    }
    if (failure == null) {
      thread.shutdown();
    }
  }
}
