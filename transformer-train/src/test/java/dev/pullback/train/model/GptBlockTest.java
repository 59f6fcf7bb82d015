package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GptBlockTest {

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void countsTheWeightsOfTheCpuRecipe() {
    GptConfig config =
        new GptConfig(65, 64, 4, 4, 128, 0, true, false, Gelu.ERF, 1e-5, Initialization.GPT2);
    // 65·128 + 64·128 + 4·(12·128² + 2·128) + 128
    assertEquals(804_096, new GptBlock(config, 0).parameterCount());
  }

  @Test
  void initialWeightsDependOnSeedAndPathOnly() {
    float[] weights = initialised(tiny(0), 7).array("h.0.attn.qkv.weight").toFloatArray();
    GptConfig deeper =
        new GptConfig(11, 8, 3, 2, 16, 0, true, true, Gelu.ERF, 1e-5, Initialization.GPT2);
    assertArrayEquals(weights, initialised(deeper, 7).array("h.0.attn.qkv.weight").toFloatArray());
    assertFalse(
        Arrays.equals(
            weights, initialised(tiny(0), 8).array("h.0.attn.qkv.weight").toFloatArray()));
    assertFalse(
        Arrays.equals(
            weights, initialised(tiny(0), 7).array("h.1.attn.qkv.weight").toFloatArray()));
  }

  @ParameterizedTest
  @CsvSource({
    "GPT2, h.0.mlp.fc.weight, 0.02",
    "GPT2, h.0.mlp.proj.weight, 0.007071",
    "GPT2, wte, 0.02",
    "FLAX, h.0.mlp.fc.weight, 0.088388",
    "FLAX, h.0.mlp.proj.weight, 0.044194",
    "FLAX, wte, 0.088388",
  })
  void initialWeightsHaveTheirDeviation(
      Initialization initialization, String path, double deviation) {
    GptConfig config =
        new GptConfig(200, 8, 4, 4, 128, 0, true, true, Gelu.ERF, 1e-5, initialization);
    NDArray weight = initialised(config, 1).array(path);
    double measured = Math.sqrt(weight.mul(weight).mean().getFloat());
    assertEquals(deviation, measured, 0.02 * deviation);
    double largest = weight.abs().max().getFloat();
    boolean truncated = initialization == Initialization.FLAX && !path.equals("wte");
    assertEquals(truncated, largest <= 2.2741 * deviation, "largest weight " + largest);
  }

  @Test
  void looksAtNoLaterToken() {
    Fixture gpt = initialised(tiny(0), 3);
    float[] logits = gpt.logits(1, 2, 3, 4, 5).get("0, :3").toFloatArray();
    float[] changed = gpt.logits(1, 2, 3, 9, 0).get("0, :3").toFloatArray();
    assertArrayEquals(logits, changed);
    float[] own = gpt.logits(1, 2, 4, 9, 0).get("0, :3").toFloatArray();
    assertFalse(Arrays.equals(logits, own), "the third token must matter for its own logits");
  }

  @Test
  void dropsOnlyWhileTraining() {
    Fixture gpt = initialised(tiny(0.5), 3);
    assertArrayEquals(gpt.logits(1, 2, 3).toFloatArray(), gpt.logits(1, 2, 3).toFloatArray());
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray first = gpt.forward(true, 1, 2, 3);
      NDArray second = gpt.forward(true, 1, 2, 3);
      collector.backward(first.add(second).sum());
      assertFalse(Arrays.equals(first.toFloatArray(), second.toFloatArray()));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT16", "BFLOAT16", "INT32"})
  void refusesWeightsOfOtherTypes(DataType type) {
    GptBlock block = new GptBlock(tiny(0), 1);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> block.initialize(manager, type, new Shape(1, 8)));
    assertTrue(e.getMessage().contains("wte cannot be " + type), e.getMessage());
  }

  /** Kernels may depend on the size: the shape of {@code nanogpt-cpu}, a smaller and an odd one. */
  @ParameterizedTest
  @CsvSource({"12, 64, 128, 65", "4, 64, 128, 65", "5, 33, 48, 67"})
  void nativeLogitsEqualPortableOnes(int batch, int time, int width, int vocabulary) {
    GptConfig config =
        new GptConfig(
            vocabulary, time, 2, 4, width, 0, false, true, Gelu.ERF, 1e-5, Initialization.GPT2);
    long[] tokens = new Random(1).longs((long) batch * time, 0, vocabulary).toArray();
    float[][] logits = new float[2][];
    for (Kernels kernels : List.of(Kernels.PORTABLE, Kernels.AUTO)) {
      GptBlock block = new GptBlock(config, 1, kernels, Precision.FLOAT32);
      block.initialize(manager, DataType.FLOAT32, new Shape(1, time));
      NDList input = new NDList(HostValues.on(manager).create(tokens, new Shape(batch, time)));
      ParameterStore store = new ParameterStore(manager, false);
      logits[kernels == Kernels.AUTO ? 1 : 0] =
          block.forward(store, input, false).singletonOrThrow().toFloatArray();
    }
    assertArrayEquals(logits[0], logits[1], 2e-6f);
  }

  /** How far dropout moves the logits, on average, tells its rate. */
  @Test
  void nativeDropoutDropsAsMuchAsThePortableOne() {
    double portable = dropoutSpread(Kernels.PORTABLE);
    assertEquals(portable, dropoutSpread(Kernels.AUTO), 0.15 * portable);
  }

  private double dropoutSpread(Kernels kernels) {
    GptBlock block = new GptBlock(tiny(0.3), 3, kernels, Precision.FLOAT32);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 8));
    Fixture gpt = new Fixture(block, new ParameterStore(manager, false), manager);
    NDArray whole = gpt.logits(1, 2, 3, 4, 5);
    manager.getEngine().setRandomSeed(1);
    double sum = 0;
    for (int i = 0; i < 300; i++) {
      try (NDScope scope = new NDScope();
          GradientCollector collector = manager.getEngine().newGradientCollector()) {
        scope.suppressNotUsedWarning();
        NDArray dropped = gpt.forward(true, 1, 2, 3, 4, 5);
        sum += dropped.sub(whole).square().mean().getFloat();
        collector.backward(dropped.sum());
      }
    }
    return sum;
  }

  /** Attention with dropout goes over the queries in parts, which lengths divide or not. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aDropoutTooSmallToDropChangesNothing(int time) {
    float[][] logits = new float[2][];
    float[][] gradients = new float[2][];
    for (int i = 0; i < 2; i++) {
      Fixture gpt = initialised(tiny(i == 0 ? 0 : 1e-9), 3);
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray output = gpt.forward(true, LongStream.range(1, 1 + time).toArray());
        logits[i] = output.toFloatArray();
        collector.backward(output.square().sum());
      }
      gradients[i] = gpt.array("h.0.attn.qkv.weight").getGradient().toFloatArray();
    }
    assertArrayEquals(logits[0], logits[1], 1e-6f);
    assertArrayEquals(gradients[0], gradients[1], 1e-5f);
  }

  @Test
  void refusesSequencesLongerThanTheContext() {
    Fixture gpt = initialised(tiny(0), 3);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> gpt.logits(1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertTrue(e.getMessage().contains("9 tokens") && e.getMessage().contains("8"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8, 1, 2, 16, 0, vocabulary",
    "9, 0, 1, 2, 16, 0, context",
    "9, 8, 0, 2, 16, 0, layers",
    "9, 8, 1, 0, 16, 0, heads",
    "9, 8, 1, 3, 16, 0, multiple of heads",
    "9, 8, 1, 2, 16, 1, dropout",
    "9, 8, 1, 2, 16, NaN, dropout",
  })
  void namesWhatIsOutOfRange(
      int vocabulary, int context, int layers, int heads, int width, double dropout, String name) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new GptConfig(
                    vocabulary,
                    context,
                    layers,
                    heads,
                    width,
                    dropout,
                    true,
                    false,
                    Gelu.ERF,
                    1e-5,
                    Initialization.GPT2));
    assertTrue(e.getMessage().contains(name), e.getMessage());
  }

  /** A number that only Java's memory held would be garbage by the time of the backward pass. */
  @Test
  void constantsSurviveUntilTheBackwardPass() {
    NDArray x = manager.ones(new Shape(3));
    x.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray y = EngineSupport.of(x).multiply(x, 0.125).sum();
      for (int i = 0; i < 100; i++) {
        manager.full(new Shape(1), Float.NaN).close();
      }
      collector.backward(y);
    }
    assertArrayEquals(new float[] {0.125f, 0.125f, 0.125f}, x.getGradient().toFloatArray());
  }

  private static GptConfig tiny(double dropout) {
    return new GptConfig(
        11, 8, 2, 2, 16, dropout, true, true, Gelu.TANH, 1e-5, Initialization.GPT2);
  }

  private Fixture initialised(GptConfig config, long seed) {
    GptBlock block = new GptBlock(config, seed);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, config.context()));
    return new Fixture(block, new ParameterStore(manager, false), manager);
  }

  private record Fixture(GptBlock block, ParameterStore store, NDManager manager) {

    NDArray array(String path) {
      return block.getParameters().get(path).getArray();
    }

    NDArray logits(long... tokens) {
      return forward(false, tokens);
    }

    NDArray forward(boolean training, long... tokens) {
      NDArray input = HostValues.on(manager).create(tokens, new Shape(1, tokens.length));
      return block.forward(store, new NDList(input), training).singletonOrThrow();
    }
  }
}
