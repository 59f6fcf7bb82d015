package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.TokenCrossEntropy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {

  /** Streams that end on, just after, and inside a window, and one shorter than a window. */
  @ParameterizedTest
  @ValueSource(ints = {17, 18, 23, 5, 2})
  void predictsEveryTokenButTheFirstOnce(int length) {
    int[] tokens = new int[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = (i * i + 3 * i) % 7;
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      GptConfig config =
          new GptConfig(7, 8, 1, 2, 8, 0, true, true, Gelu.ERF, 1e-5, Initialization.FLAX);
      GptBlock block = new GptBlock(config, 1);
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 8));
      ParameterStore store = new ParameterStore(manager, false);
      double sum = 0;
      for (int target = 1; target < length; target++) {
        int first = (target - 1) / 8 * 8;
        long[] window = new long[target - first];
        for (int i = 0; i < window.length; i++) {
          window[i] = tokens[first + i];
        }
        NDArray input = HostValues.on(manager).create(window, new Shape(1, window.length));
        NDArray logits = block.forward(store, new NDList(input), false).singletonOrThrow();
        NDArray last = logits.get("0, {}", window.length - 1).logSoftmax(0);
        sum -= last.getFloat(tokens[target]);
      }
      double measured =
          new Evaluation(block, store, manager, new TokenCrossEntropy(), 2).meanLoss(tokens);
      assertEquals(sum / (length - 1), measured, 1e-5);
    }
  }
}
