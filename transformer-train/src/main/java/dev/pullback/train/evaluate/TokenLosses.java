package dev.pullback.train.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.Memory;

/** Computes the cross entropy of single tokens. */
final class TokenLosses {

  /** What a pass may have as logits, unless a single row has more: 128 MiB. */
  private static final long MOST_LOGITS = 1 << 25;

  private static final int MOST_ROWS = 64;

  private final LanguageModel model;

  TokenLosses(LanguageModel model) {
    this.model = model;
  }

  /** Returns how many rows of a length are computed at once, at least 1. */
  int rows(int time) {
    long logits = (long) time * model.block().config().vocabulary();
    return (int) Math.max(1, Math.min(MOST_ROWS, MOST_LOGITS / logits));
  }

  /** Refuses rows whose logits, and the logarithms of their probabilities, do not fit. */
  void requireMemory(int time) {
    Memory.require(
        2.0 * Float.BYTES * time * model.block().config().vocabulary(),
        "scoring a window of %d tokens".formatted(time),
        "--context");
  }

  /**
   * Computes losses.
   *
   * @param inputs rows of tokens, one after the other
   * @param targets what follows each of them
   * @param rows how many
   * @return the loss of each target, in nats
   */
  float[] of(long[] inputs, long[] targets, int rows) {
    return model.withoutGradients(
        () -> {
          try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            Shape shape = new Shape(rows, inputs.length / rows);
            NDManager host = HostValues.on(model.manager());
            NDArray logits =
                model
                    .block()
                    .forward(model.store(), new NDList(host.create(inputs, shape)), false)
                    .singletonOrThrow();
            NDIndex wanted =
                new NDIndex().addAllDim(2).addPickDim(host.create(targets, shape.add(1)));
            return HostValues.read(logits.logSoftmax(2).get(wanted).neg(), NDArray::toFloatArray);
          }
        });
  }
}
