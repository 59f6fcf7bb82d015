package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Kernels;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a decoder remembers must not change what it answers. */
class CachedDecoderTest {

  private static final int CONTEXT = 8;

  @AutoClose private final NDManager manager = NDManager.newBaseManager();

  @ParameterizedTest
  @CsvSource({"true, true, ERF", "true, false, TANH", "false, true, TANH", "false, false, ERF"})
  void answersAsTheWholeModelDoes(boolean tied, boolean bias, Gelu gelu) {
    GptConfig config =
        new GptConfig(11, CONTEXT, 2, 2, 16, 0.5, tied, bias, gelu, 1e-5, Initialization.FLAX);
    GptBlock reference = new GptBlock(config, 1, Kernels.PORTABLE, Precision.FLOAT32);
    GptBlock block = new GptBlock(config, 1);
    for (GptBlock each : new GptBlock[] {reference, block}) {
      each.initialize(manager, DataType.FLOAT32, new Shape(1, CONTEXT));
    }
    ParameterStore store = new ParameterStore(manager, false);
    long[] tokens = new Random(5).longs(3 * CONTEXT, 0, 11).toArray();
    try (CachedDecoder decoder = new CachedDecoder(block, store, manager)) {
      for (int end = 3; end <= tokens.length; end++) { // beyond the context the window slides
        long[] window = Arrays.copyOfRange(tokens, Math.max(0, end - CONTEXT), end);
        NDArray whole = HostValues.on(manager).create(window, new Shape(1, window.length));
        float[] expected =
            reference
                .forward(store, new NDList(whole), false)
                .singletonOrThrow()
                .get("0, {}", window.length - 1)
                .toFloatArray();
        assertArrayEquals(expected, decoder.logits(window), 1e-5f, "after " + end + " tokens");
      }
    }
  }

  @Test
  void startsAnewForAnotherText() {
    GptBlock block =
        new GptBlock(
            new GptConfig(
                11, CONTEXT, 1, 2, 16, 0, true, true, Gelu.ERF, 1e-5, Initialization.FLAX),
            1);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, CONTEXT));
    ParameterStore store = new ParameterStore(manager, false);
    try (CachedDecoder one = new CachedDecoder(block, store, manager);
        CachedDecoder other = new CachedDecoder(block, store, manager)) {
      one.logits(new long[] {1, 2, 3});
      float[] again = one.logits(new long[] {4, 2, 3, 5});
      assertArrayEquals(other.logits(new long[] {4, 2, 3, 5}), again);
      assertEquals(11, again.length);
    }
  }
}
