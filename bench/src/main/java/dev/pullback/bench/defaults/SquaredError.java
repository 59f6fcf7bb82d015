package dev.pullback.bench.defaults;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/**
 * The mean squared error. {@link Loss#l2Loss()} multiplies by a number that DJL frees before
 * PyTorch has read it, and its own Adam would now and then get a wrong gradient.
 */
final class SquaredError extends Loss {

  SquaredError() {
    super("SquaredError");
  }

  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    return labels.singletonOrThrow().sub(predictions.singletonOrThrow()).square().mean();
  }
}
