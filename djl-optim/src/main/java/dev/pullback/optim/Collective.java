package dev.pullback.optim;

import java.io.IOException;

/**
 * Processes that train one model together, each on its part of every batch. They are numbered from
 * 0, and make the same calls in the same order, each from one thread at a time.
 *
 * <p>{@link StepOptimizerBuilder#optCollective} gives it to an optimiser. Whoever made it closes
 * it, after the optimiser's last step.
 */
public interface Collective extends AutoCloseable {

  /**
   * Returns this process's number.
   *
   * @return from 0
   */
  int rank();

  /**
   * Returns how many processes there are.
   *
   * @return at least 1
   */
  int size();

  /**
   * Replaces values by their sums over all ranks. Every rank must get the same bits. A value that
   * all ranks but one set to 0 must come out exactly; NaN and infinities must go into the sums.
   *
   * @param values as many on every rank; undefined after a failure
   * @throws IOException if a rank is gone or does not answer in time; no later call can succeed
   */
  void sum(float[] values) throws IOException;

  /** Leaves the others. They may still be waiting for this rank, and then fail. */
  @Override
  void close();
}
