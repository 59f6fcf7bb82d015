package dev.pullback.train.task;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.model.GptBlock;

/**
 * The mean loss over a whole token stream, cut into windows of one context that do not overlap; the
 * last window may be shorter. Passes are as large as training batches, so that evaluation needs no
 * more memory than training. Every token but the first is predicted once.
 */
public final class Evaluation {

  private final GptBlock block;
  private final ParameterStore store;
  private final NDManager manager;
  private final Loss loss;
  private final int batch;

  public Evaluation(GptBlock block, ParameterStore store, NDManager manager, Loss loss, int batch) {
    this.block = block;
    this.store = store;
    this.manager = manager;
    this.loss = loss;
    this.batch = batch;
  }

  /** Returns the mean cross entropy in nats per token. */
  public double meanLoss(int[] tokens) {
    int context = block.config().context();
    int targets = tokens.length - 1;
    int windows = targets / context;
    double sum = 0;
    for (int first = 0; first < windows; first += batch) {
      int[] starts = new int[Math.min(batch, windows - first)];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = (first + i) * context;
      }
      sum += summedLoss(tokens, starts, context);
    }
    int rest = targets - windows * context;
    if (rest > 0) {
      sum += summedLoss(tokens, new int[] {windows * context}, rest);
    }
    return sum / targets;
  }

  private double summedLoss(int[] tokens, int[] starts, int length) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      TokenBatch batch = TokenBatch.gather(manager, tokens, starts, length);
      NDList logits = block.forward(store, new NDList(batch.inputs()), false);
      double mean = loss.evaluate(new NDList(batch.targets()), logits).getFloat();
      return mean * starts.length * length;
    }
  }
}
