package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import dev.pullback.train.InputException;
import dev.pullback.train.model.Lora.Targets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LoraTest {

  private static final int VOCABULARY = 23;

  private static final LlamaConfig LLAMA =
      new LlamaConfig(
          VOCABULARY, 32, 2, 4, 2, 8, 24, 56, 0, 1e4, null, false, true, 1e-5, Initialization.FLAX);

  private static final GptConfig GPT =
      new GptConfig(VOCABULARY, 32, 2, 4, 24, 0, true, true, Gelu.TANH, 1e-5, Initialization.GPT2);

  @AutoClose private final NDManager manager = NDManager.newBaseManager();
  @TempDir private Path folder;

  static Stream<Arguments> models() {
    return Stream.of(LLAMA, GPT)
        .flatMap(
            config ->
                Golden.kernels().stream()
                    .flatMap(
                        kernels ->
                            Stream.of(Targets.values())
                                .map(targets -> Arguments.of(config, kernels, targets))));
  }

  private LanguageModelBlock block(
      LanguageModelConfig config, Kernels kernels, Lora lora, DataType type) {
    LanguageModelBlock block = config.newBlock(3, kernels, Precision.FLOAT32);
    if (lora != null) {
      block.adapt(lora);
    }
    block.initialize(manager, type, new Shape(1, config.context()));
    return block;
  }

  private static NDArray array(LanguageModelBlock block, String name) {
    return block.getParameters().get(name).getArray();
  }

  /** Gives the matrices B values, as if they had been trained. */
  private void train(LanguageModelBlock block) {
    Random random = new Random(5);
    for (String name : block.getParameters().keys()) {
      if (name.endsWith(".lora_b")) {
        NDArray b = array(block, name);
        double[] values = random.doubles(b.size(), -0.1, 0.1).toArray();
        NDArray created = HostValues.on(manager).create(values, b.getShape());
        EngineSupport.of(b).load(b, created.toType(b.getDataType(), true));
      }
    }
  }

  private NDArray tokens() {
    long[] tokens = new Random(1).longs(2 * 19, 0, VOCABULARY).toArray();
    return HostValues.on(manager).create(tokens, new Shape(2, 19));
  }

  private NDArray logits(LanguageModelBlock block, boolean training) {
    return block
        .forward(new ParameterStore(manager, false), new NDList(tokens()), training)
        .singletonOrThrow();
  }

  /** Returns the gradients of what is trained. */
  private Map<String, double[]> gradients(LanguageModelBlock block) {
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray logits = logits(block, true);
      collector.backward(
          new TokenCrossEntropy().evaluate(new NDList(tokens()), new NDList(logits)));
    }
    Map<String, double[]> gradients = new LinkedHashMap<>();
    block
        .getParameters()
        .forEach(
            named -> {
              Parameter parameter = named.getValue();
              assertEquals(parameter.requiresGradient(), parameter.getArray().hasGradient());
              if (parameter.requiresGradient()) {
                gradients.put(named.getKey(), numbers(parameter.getArray().getGradient()));
              }
            });
    return gradients;
  }

  private static double[] numbers(NDArray array) {
    return array.toType(DataType.FLOAT64, true).toDoubleArray();
  }

  /** The gradients of A and B are those of W by the chain rule, and W has none. */
  @ParameterizedTest
  @MethodSource("models")
  void gradientsFollowFromThoseOfTheWholeMatrix(
      LanguageModelConfig config, Kernels kernels, Targets targets) {
    Lora lora = new Lora(3, 4.5, targets);
    LanguageModelBlock adapted = block(config, kernels, lora, DataType.FLOAT64);
    train(adapted);
    LanguageModelBlock whole = block(config, kernels, null, DataType.FLOAT64);
    for (String name : whole.getParameters().keys()) {
      assertArrayEquals(numbers(array(whole, name)), numbers(array(adapted, name)), name);
      if (lora.adapts(name)) {
        NDArray w = array(whole, name);
        NDArray product =
            array(adapted, Lora.b(name)).matMul(array(adapted, Lora.a(name))).mul(1.5);
        EngineSupport.of(w).load(w, w.add(product));
      }
    }

    assertArrayEquals(numbers(logits(whole, false)), numbers(logits(adapted, false)), 1e-9);
    Map<String, double[]> expected = gradients(whole);
    Map<String, double[]> own = gradients(adapted);

    int matrices = 0;
    for (String name : whole.getParameters().keys()) {
      if (lora.adapts(name)) {
        matrices++;
        NDArray w =
            HostValues.on(manager).create(expected.get(name), array(whole, name).getShape());
        NDArray a = array(adapted, Lora.a(name));
        NDArray b = array(adapted, Lora.b(name));
        double[] ofA = numbers(b.transpose().matMul(w).mul(1.5));
        double[] ofB = numbers(w.matMul(a.transpose()).mul(1.5));
        assertArrayEquals(ofA, own.get(Lora.a(name)), 1e-9, name);
        assertArrayEquals(ofB, own.get(Lora.b(name)), 1e-9, name);
      }
    }
    assertEquals(2 * matrices, own.size());
    assertNotEquals(0, matrices);
    // By whatever path: what differs by more than float32 constants of a path is a mistake.
    LanguageModelBlock portable = block(config, Kernels.PORTABLE, lora, DataType.FLOAT64);
    train(portable);
    gradients(portable).forEach((name, g) -> assertArrayEquals(g, own.get(name), 1e-8, name));
  }

  /** B is 0 and A is not, so that a model begins as it was and can leave. */
  @ParameterizedTest
  @MethodSource("models")
  void aModelBeginsAsItWas(LanguageModelConfig config, Kernels kernels, Targets targets) {
    Lora lora = new Lora(2, 4, targets);
    LanguageModelBlock adapted = block(config, kernels, lora, DataType.FLOAT32);
    LanguageModelBlock plain = block(config, kernels, null, DataType.FLOAT32);

    assertArrayEquals(logits(plain, false).toFloatArray(), logits(adapted, false).toFloatArray());
    Map<String, double[]> gradients = gradients(adapted);
    gradients.forEach(
        (name, gradient) ->
            assertEquals(
                name.endsWith(".lora_a"), Arrays.stream(gradient).allMatch(g -> g == 0), name));
    for (String name : plain.getParameters().keys()) {
      if (lora.adapts(name)) {
        double bound = 1 / Math.sqrt((double) array(plain, name).getShape().get(1));
        double[] a = numbers(array(adapted, Lora.a(name)));
        double greatest = Arrays.stream(a).map(Math::abs).max().orElseThrow();
        assertTrue(greatest <= bound && greatest > 0.8 * bound, name + " " + greatest);
      }
    }
  }

  /** Attention of two layers: four matrices each, Llama's of several shapes. */
  @Test
  void countsWhatIsTrained() {
    LanguageModelBlock llama = LLAMA.newBlock(1, Kernels.PORTABLE, Precision.FLOAT32);
    llama.adapt(new Lora(3, 6, Targets.ATTENTION));
    LanguageModelBlock gpt = GPT.newBlock(1, Kernels.PORTABLE, Precision.FLOAT32);
    gpt.adapt(new Lora(3, 6, Targets.ALL));

    assertEquals(2 * 3 * ((32 + 24) + (16 + 24) * 2 + (24 + 32)), llama.parameterCount());
    assertEquals(2 * (2 * 32 * 24 + 2 * 16 * 24), llama.adaptedCount());
    assertEquals(2 * 3 * ((72 + 24) + (24 + 24) + 2 * (96 + 24)), gpt.parameterCount());
    // What is neither a table, a norm nor adapted: the MLPs and the head; GPT's tied head.
    assertEquals(2.0 * (2 * 3 * 24 * 56 + 24 * VOCABULARY), llama.frozenFlopsPerToken());
    assertEquals(2.0 * 24 * VOCABULARY, gpt.frozenFlopsPerToken());
    assertEquals(0, GPT.newBlock(1, Kernels.PORTABLE, Precision.FLOAT32).frozenFlopsPerToken());
  }

  @ParameterizedTest
  @MethodSource("models")
  void filesOfAdaptersBecomeFilesOfWeights(
      LanguageModelConfig config, Kernels kernels, Targets targets) throws Exception {
    Lora lora = new Lora(2, 3, targets);
    LanguageModelBlock adapted = block(config, kernels, lora, DataType.FLOAT32);
    train(adapted);
    Path file = folder.resolve("model.safetensors");
    ModelFile.write(adapted, file);

    LanguageModelBlock merged = block(config, kernels, null, DataType.FLOAT32);
    ModelFile.readMerged(merged, Optional.of(lora), file);
    assertArrayEquals(
        logits(adapted, false).toFloatArray(), logits(merged, false).toFloatArray(), 1e-5f);
    assertFalse(
        Arrays.equals(
            logits(block(config, kernels, null, DataType.FLOAT32), false).toFloatArray(),
            logits(merged, false).toFloatArray()));

    // Adapters of the block stay, those of the file become part of the weights.
    LanguageModelBlock again = block(config, kernels, lora, DataType.FLOAT32);
    ModelFile.readMerged(again, Optional.of(lora), file);
    assertArrayEquals(logits(merged, false).toFloatArray(), logits(again, false).toFloatArray());
    Lora another = new Lora(4, 3, targets);
    assertTrue(
        assertThrows(
                InputException.class,
                () -> ModelFile.readMerged(merged, Optional.of(another), file))
            .getMessage()
            .contains("lora_a should be (4, 24) float32 but is (2, 24) F32"));
  }

  @Test
  void rangesAreChecked() {
    List<String> messages = new ArrayList<>();
    for (double[] numbers : new double[][] {{0, 1}, {1, 0}, {1, Double.NaN}}) {
      messages.add(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new Lora((int) numbers[0], numbers[1], Targets.ALL))
              .getMessage());
    }
    assertEquals(
        List.of(
            "lora must be at least 1, but is 0",
            "lora-alpha must be above 0, but is 0.0",
            "lora-alpha must be above 0, but is NaN"),
        messages);
  }
}
