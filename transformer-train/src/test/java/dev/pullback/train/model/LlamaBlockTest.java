package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the golden models of transformers do not show. */
class LlamaBlockTest {

  private static final int VOCABULARY = 23;

  @AutoClose private final NDManager manager = NDManager.newBaseManager();

  private static LlamaConfig config(int kvHeads, int window, boolean tied, boolean bias) {
    return new LlamaConfig(
        VOCABULARY,
        32,
        2,
        4,
        kvHeads,
        8,
        24,
        56,
        window,
        1e4,
        new RotaryScaling(4, 1, 4, 8),
        tied,
        bias,
        1e-5,
        Initialization.GPT2);
  }

  @ParameterizedTest
  @CsvSource({"4, true, false", "2, false, true", "1, true, true"})
  void countsItsWeights(int kvHeads, boolean tied, boolean bias) {
    LlamaConfig config = config(kvHeads, 0, tied, bias);
    LlamaBlock block = config.newBlock(1, Kernels.PORTABLE, Precision.FLOAT32);
    assertEquals((double) block.parameterCount(), config.parameterCount());
    long layers = 0;
    for (Pair<String, Parameter> named : block.getParameters()) {
      if (named.getKey().startsWith("h.") && named.getValue().getShape().dimension() == 2) {
        layers += named.getValue().getShape().size();
      }
    }
    assertEquals(layers, config.layerParameterCount());
  }

  /** In float64 what differs by more than its float32 constants do is a mistake. */
  @ParameterizedTest
  @CsvSource({"4, 0, true, false", "2, 5, false, true", "1, 1, true, false"})
  void nativeGradientsEqualPortableOnes(int kvHeads, int window, boolean tied, boolean bias) {
    assumeTrue(
        Golden.kernels().contains(Kernels.NATIVE), "the engine of this run has no native programs");
    LlamaConfig config = config(kvHeads, window, tied, bias);
    List<double[]> portable = pass(config, Kernels.PORTABLE, Precision.FLOAT32, DataType.FLOAT64);
    List<double[]> own = pass(config, Kernels.NATIVE, Precision.FLOAT32, DataType.FLOAT64);
    assertEquals(portable.size(), own.size());
    for (int i = 0; i < own.size(); i++) {
      assertArrayEquals(portable.get(i), own.get(i), 1e-8, "array " + i);
    }
  }

  @Test
  void mixedPrecisionIsNear() {
    assumeTrue(
        Golden.kernels().contains(Kernels.NATIVE), "the engine of this run has no native programs");
    LlamaConfig config = config(2, 0, true, true);
    List<double[]> single = pass(config, Kernels.NATIVE, Precision.FLOAT32, DataType.FLOAT32);
    List<double[]> mixed = pass(config, Kernels.NATIVE, Precision.MIXED, DataType.FLOAT32);
    assertTrue(!Arrays.equals(single.get(0), mixed.get(0)), "bfloat16 must round");
    for (int i = 0; i < mixed.size(); i++) {
      double norm = norm(single.get(i));
      double[] difference = mixed.get(i).clone();
      for (int j = 0; j < difference.length; j++) {
        difference[j] -= single.get(i)[j];
      }
      assertTrue(norm(difference) <= 0.03 * norm, "array %d: %s".formatted(i, norm(difference)));
    }
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
  }

  /** Returns the logits and then the gradients of all weights. */
  private List<double[]> pass(
      LlamaConfig config, Kernels kernels, Precision precision, DataType type) {
    LlamaBlock block = config.newBlock(3, kernels, precision);
    block.initialize(manager, type, new Shape(1, config.context()));
    block.getParameters().values().forEach(p -> p.getArray().setRequiresGradient(true));
    long[] tokens = new Random(1).longs(2 * 19, 0, VOCABULARY).toArray();
    NDArray input = HostValues.on(manager).create(tokens, new Shape(2, 19));
    List<double[]> arrays = new ArrayList<>();
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray logits =
          block
              .forward(new ParameterStore(manager, false), new NDList(input), true)
              .singletonOrThrow();
      collector.backward(new TokenCrossEntropy().evaluate(new NDList(input), new NDList(logits)));
      arrays.add(numbers(logits));
    }
    for (Parameter parameter : block.getParameters().values()) {
      try (NDArray gradient = parameter.getArray().getGradient()) {
        arrays.add(numbers(gradient));
      }
    }
    return arrays;
  }

  private static double[] numbers(NDArray array) {
    return array.toType(DataType.FLOAT64, true).toDoubleArray();
  }
}
