package dev.pullback.train.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.CachedDecoder;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.TokenCrossEntropy;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Imported models against transformers, in float32, on the engine of the tests. */
class HubGoldenTest {

  static final List<String> FOLDERS = HubGolden.FOLDERS;

  private static final Loss LOSS = new TokenCrossEntropy();

  @TempDir private Path temporary;

  static Stream<Arguments> models() {
    return FOLDERS.stream()
        .flatMap(name -> Golden.kernels().stream().map(kernels -> Arguments.of(name, kernels)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void computesWhatTransformersComputes(String name, Kernels kernels) throws IOException {
    JsonNode golden = HubGolden.numbers(name);
    try (LanguageModel model = imported(name, kernels)) {
      assertArrayEquals(
          Arrays.stream(Golden.numbers(golden.at("/text/ids"))).mapToInt(id -> (int) id).toArray(),
          model.tokenizer().encode(golden.at("/text/text").asText()));
      checkLogits(golden, model);
      checkGreedy(golden.get("generation"), model);
      checkTraining(golden, model);
    }
  }

  private LanguageModel imported(String name, Kernels kernels) throws IOException {
    TrainingEngine.PYTORCH.load(0);
    Path folder = HubGolden.folder(name, temporary.resolve("hub"));
    Path out = temporary.resolve("run");
    RunConfig config = new HubFolder(folder).importTo(out);
    TrainingEngine engine =
        Engine.getDefaultEngineName().equals("MXNet")
            ? TrainingEngine.MXNET
            : TrainingEngine.PYTORCH;
    engine.load(0);
    return LanguageModel.load(
        RunFolder.open(out).latest().orElseThrow(),
        config
            .resumedWith(RunOptions.onEngine(engine, null, null))
            .with(Map.of("kernels", kernels.name().toLowerCase(Locale.ROOT))));
  }

  private static void checkLogits(JsonNode golden, LanguageModel model) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] logits =
          model
              .block()
              .forward(model.store(), new NDList(tokens(golden, model, 0, 17)), false)
              .singletonOrThrow()
              .toFloatArray();
      double[] expected = Golden.numbers(golden.get("logits"));
      assertEquals(expected.length, logits.length);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], logits[i], 5e-5, "logit " + i);
      }
    }
  }

  private static NDArray tokens(JsonNode golden, LanguageModel model, int first, int end) {
    List<JsonNode> rows = Golden.list(golden.get("inputIds"));
    long[] values =
        rows.stream()
            .flatMap(row -> Golden.list(row).subList(first, end).stream())
            .mapToLong(JsonNode::asLong)
            .toArray();
    return HostValues.on(model.manager()).create(values, new Shape(rows.size(), end - first));
  }

  private static void checkGreedy(JsonNode generation, LanguageModel model) {
    double[] prompt = Golden.numbers(generation.get("prompt"));
    double[] greedy = Golden.numbers(generation.get("greedy"));
    try (CachedDecoder decoder = new CachedDecoder(model.block(), model.store(), model.manager())) {
      float[] logits = decoder.append(Arrays.stream(prompt).mapToLong(id -> (long) id).toArray());
      for (int i = 0; i < greedy.length; i++) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
          best = logits[id] > logits[best] ? id : best;
        }
        assertEquals((int) greedy[i], best, "greedy token " + i);
        logits = decoder.append(best);
      }
      double[] ids = Golden.numbers(generation.get("topIds"));
      double[] top = Golden.numbers(generation.get("topLogits"));
      for (int i = 0; i < ids.length; i++) {
        assertEquals(top[i], logits[(int) ids[i]], 5e-5, "logit of " + (int) ids[i]);
      }
    }
  }

  private static void checkTraining(JsonNode golden, LanguageModel model) {
    JsonNode adamw = golden.get("adamw");
    List<Double> losses = new ArrayList<>();
    try (StepOptimizer optimizer =
        Optimizers.builder(
                "adamw",
                Map.of(
                    "lr", adamw.get("lr").asDouble(),
                    "beta1", adamw.at("/betas/0").asDouble(),
                    "beta2", adamw.at("/betas/1").asDouble(),
                    "eps", adamw.get("eps").asDouble(),
                    "weight_decay", adamw.get("weight_decay").asDouble()))
            .build()) {
      optimizer.bind(model.block());
      Loss observed = optimizer.observe(LOSS);
      for (int step = 0; step <= 8; step++) {
        try (NDScope scope = new NDScope();
            GradientCollector collector = model.manager().getEngine().newGradientCollector()) {
          scope.suppressNotUsedWarning();
          NDArray logits =
              model
                  .block()
                  .forward(model.store(), new NDList(tokens(golden, model, 0, 16)), true)
                  .singletonOrThrow();
          NDArray loss =
              observed.evaluate(new NDList(tokens(golden, model, 1, 17)), new NDList(logits));
          collector.backward(loss);
          losses.add((double) loss.getFloat());
        }
        if (step == 0) {
          checkGradients(golden.get("gradientNorm"), model);
        }
        optimizer.step();
      }
    }
    double[] expected = Golden.numbers(adamw.get("losses"));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          expected[i], losses.get(i), 2e-5 * expected[i], "loss after %d steps".formatted(i));
    }
  }

  private static void checkGradients(JsonNode norms, LanguageModel model) {
    LanguageModelConfig shape = model.block().config();
    List<HubTensor> tensors = HubFormats.of(shape).tensors(shape);
    assertEquals(norms.size(), tensors.size());
    for (HubTensor tensor : tensors) {
      try (NDArray gradient =
          model.block().getParameters().get(tensor.own()).getArray().getGradient()) {
        double expected = norms.get(tensor.hub()).asDouble();
        assertEquals(expected, gradient.norm().getFloat(), 1e-4 * expected, tensor.hub());
      }
    }
  }

  /** Nearly all published models have the configuration of version 4. */
  @ParameterizedTest
  @FieldSource("FOLDERS")
  void bothFormsOfTheConfigurationSayTheSame(String name) throws IOException {
    Path folder = HubGolden.folder(name, temporary.resolve("hub"));
    HubConfig five = HubConfig.read(folder.resolve("config.json"));
    HubConfig four = HubConfig.read(folder.resolve("config.v4.json"));
    assertEquals(HubFormats.of(five).options(five), HubFormats.of(four).options(four));
  }

  @ParameterizedTest
  @FieldSource("FOLDERS")
  void exportImportExportGivesTheSameBytes(String name) throws IOException {
    TrainingEngine.PYTORCH.load(0);
    Path first = temporary.resolve("first");
    Path second = temporary.resolve("second");
    Path run = temporary.resolve("run");
    new HubFolder(HubGolden.folder(name, temporary.resolve("hub"))).importTo(run);
    new HubFolder(first).export(RunFolder.open(run));
    Path again = temporary.resolve("again");
    new HubFolder(first).importTo(again);
    new HubFolder(second).export(RunFolder.open(again));
    try (Stream<Path> files = Files.list(first)) {
      List<Path> all = files.toList();
      assertEquals(4, all.size(), all.toString());
      for (Path file : all) {
        assertEquals(-1, Files.mismatch(file, second.resolve(file.getFileName())), file.toString());
      }
    }
    if (!name.matches(".*-(hub|sharded|bf16)")) {
      assertEquals(
          -1,
          Files.mismatch(
              temporary.resolve("hub/model.safetensors"), first.resolve("model.safetensors")),
          "the weights are as transformers writes them");
    }
    assertTrue(Files.size(first.resolve("config.json")) > 0);
  }
}
