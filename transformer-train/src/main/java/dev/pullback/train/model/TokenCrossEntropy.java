package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;

/**
 * Mean cross entropy in nats per token. Labels: tokens (batch, time), int64; predictions: logits
 * (batch, time, vocabulary).
 */
public final class TokenCrossEntropy extends Loss {

  private final Loss flat = Loss.softmaxCrossEntropyLoss();

  /** Creates the loss. */
  public TokenCrossEntropy() {
    super("TokenCrossEntropy");
  }

  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray logits = predictions.singletonOrThrow();
    long vocabulary = logits.getShape().get(2);
    return flat.evaluate(
        new NDList(labels.singletonOrThrow().reshape(-1)),
        new NDList(logits.reshape(new Shape(-1, vocabulary))));
  }
}
