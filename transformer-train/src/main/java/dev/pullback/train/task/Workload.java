package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** A model with its data, drawn from one seed. Owns the model's arrays. */
public interface Workload extends AutoCloseable {

  /** Returns the model, which is closed with the workload. */
  ModelInMemory model();

  /** Returns the manager that owns the model. */
  default NDManager manager() {
    return model().manager();
  }

  /** Returns the number of steps of an epoch. */
  int stepsPerEpoch();

  /**
   * Computes the training loss of a batch; gradients are being collected.
   *
   * @param epoch from 0
   * @param step within the epoch, from 0
   * @return the mean over the batch
   */
  NDArray loss(int epoch, int step);

  /**
   * Computes one component of a loss that is the sum of several; gradients are being collected.
   *
   * @param epoch from 0
   * @param step within the epoch, from 0
   * @param component from 0
   * @return its part of {@link #loss}
   * @throws UnsupportedOperationException if the loss has one component only
   */
  default NDArray component(int epoch, int step, int component) {
    throw new UnsupportedOperationException("This loss has one component only");
  }

  /** Measures on the held-out data. */
  Score score();

  @Override
  default void close() {
    model().close();
  }
}
