package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepReport;
import dev.pullback.train.SplitMix64;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The GPT block and its training against an independent implementation, in float32. */
class GoldenGptTest {

  private static final Loss LOSS = new TokenCrossEntropy();

  static Stream<Arguments> models() {
    return Stream.of("gpt-nanogpt.json", "gpt-paper.json")
        .flatMap(
            file ->
                Golden.kernels().stream()
                    .map(kernels -> Arguments.of(file, kernels, Golden.read(file))));
  }

  static Stream<Arguments> trainings() {
    return models()
        .flatMap(
            model -> {
              Object[] m = model.get();
              JsonNode golden = (JsonNode) m[2];
              return Golden.list(golden.get("training")).stream()
                  .map(t -> Arguments.of(m[0], m[1], t.get("optimizer").asText(), golden, t));
            });
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("models")
  void computesLossLogitsAndGradients(String file, Kernels kernels, JsonNode golden) {
    try (Fixture fixture = new Fixture(golden, kernels)) {
      double[] tokens = Golden.numbers(golden.get("tokens"));
      NDArray input = fixture.inputs(0);
      double[] ownTokens = input.toType(DataType.FLOAT64, true).toDoubleArray();
      for (int i = 0; i < Math.min(tokens.length, ownTokens.length); i++) {
        int context = golden.get("config").get("context").asInt();
        if (i < context) {
          assertEquals(tokens[i], ownTokens[i], "token " + i);
        }
      }
      NDArray logits;
      double loss;
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        logits = fixture.forward(0);
        NDArray value = LOSS.evaluate(new NDList(fixture.targets(0)), new NDList(logits));
        collector.backward(value);
        loss = value.getFloat();
      }
      assertRelative(golden.get("loss").asDouble(), loss, 1e-5, "loss");
      long last = golden.get("config").get("context").asLong() - 1;
      double[] lastLogits =
          logits.get(":, {}", last).toType(DataType.FLOAT64, true).toDoubleArray();
      double worst =
          Golden.difference(Golden.numbers(golden.get("logitsLastPosition")), lastLogits, 1e-5);
      assertTrue(worst <= 1e-4, "logits differ by " + worst);
      for (JsonNode tensor : golden.get("tensors")) {
        String name = tensor.get("name").asText();
        try (NDArray gradient = fixture.array(name).getGradient()) {
          assertRelative(tensor.get("gradNorm").asDouble(), gradient.norm().getFloat(), 1e-4, name);
          double[] first = Golden.numbers(tensor.get("gradFirst"));
          double[] own =
              gradient
                  .flatten()
                  .get("0:{}", first.length)
                  .toType(DataType.FLOAT64, true)
                  .toDoubleArray();
          double difference = Golden.difference(first, own, 1e-6);
          assertTrue(difference <= 1e-3, name + ": first gradients differ by " + difference);
        }
      }
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("trainings")
  void trainsAsTheReference(
      String file, Kernels kernels, String name, JsonNode golden, JsonNode training) {
    Map<String, Double> hyperparameters = new HashMap<>();
    training
        .get("hyperparameters")
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isNumber()) {
                hyperparameters.put(entry.getKey(), entry.getValue().asDouble());
              }
            });
    List<StepReport> reports = new ArrayList<>();
    try (Fixture fixture = new Fixture(golden, kernels);
        StepOptimizer optimizer =
            Optimizers.builder(name, hyperparameters)
                .optKernels(kernels)
                .optReportListener(reports::add)
                .build()) {
      optimizer.bind(fixture.block);
      Loss loss = optimizer.observe(LOSS);
      int steps = training.get("losses").size();
      for (int t = 0; t < steps; t++) {
        try (NDScope scope = new NDScope();
            GradientCollector collector = Engine.getInstance().newGradientCollector()) {
          scope.suppressNotUsedWarning();
          collector.backward(
              loss.evaluate(
                  new NDList(fixture.targets(t % 4)), new NDList(fixture.forward(t % 4))));
        }
        optimizer.step();
        String step = "step " + (t + 1) + " ";
        assertRelative(
            training.get("losses").get(t).asDouble(), reports.get(t).loss(), 1e-5, step + "loss");
        assertRelative(
            training.get("metricScales").get(t).asDouble(),
            reports.get(t).metricScale(),
            1e-5,
            step + "metric scale");
      }
    }
  }

  private static void assertRelative(
      double expected, double actual, double tolerance, String what) {
    double difference = Math.abs(actual - expected) / Math.abs(expected);
    assertTrue(
        difference <= tolerance,
        "%s is %s, expected %s: relative difference %s"
            .formatted(what, actual, expected, difference));
  }

  /** The tiny model of a golden file, with its pseudo-random weights and batches. */
  private static final class Fixture implements AutoCloseable {

    private final JsonNode golden;
    private final Model model = Model.newInstance("golden");
    private final NDManager manager = model.getNDManager();
    private final ParameterStore store = new ParameterStore(manager, false);
    private final GptBlock block;
    private final int batch;
    private final int context;
    private final int vocabulary;

    Fixture(JsonNode golden, Kernels kernels) {
      this.golden = golden;
      JsonNode config = golden.get("config");
      batch = golden.get("batch").asInt();
      context = config.get("context").asInt();
      vocabulary = config.get("vocab").asInt();
      block =
          new GptBlock(
              new GptConfig(
                  vocabulary,
                  context,
                  config.get("layers").asInt(),
                  config.get("heads").asInt(),
                  config.get("width").asInt(),
                  0,
                  config.get("tied").asBoolean(),
                  true,
                  config.get("gelu").asText().equals("tanh") ? Gelu.TANH : Gelu.ERF,
                  config.get("layerNormEps").asDouble(),
                  Initialization.GPT2),
              0,
              kernels,
              Precision.FLOAT32);
      model.setBlock(block);
      block.initialize(manager, DataType.FLOAT32, new Shape(batch, context));
      assertEquals(
          Golden.list(golden.get("tensors")).stream().map(t -> t.get("name").asText()).toList(),
          block.getParameters().keys(),
          "parameters in block order");
      int k = 0;
      for (JsonNode tensor : golden.get("tensors")) {
        fill(array(tensor.get("name").asText()), tensor, k++);
      }
    }

    private void fill(NDArray array, JsonNode tensor, int k) {
      long stream = golden.get("seed").asLong() + k;
      double mean = tensor.get("mean").asDouble();
      double scale = tensor.get("std").asDouble() * Math.sqrt(3);
      float[] values = new float[Math.toIntExact(array.size())];
      for (int i = 0; i < values.length; i++) {
        double u = (random(stream, i) >>> 40) / (double) (1 << 24) * 2 - 1;
        values[i] = (float) (mean + scale * u);
      }
      EngineSupport.of(array)
          .load(array, HostValues.on(array.getManager()).create(values, array.getShape()));
    }

    private static long random(long stream, long i) {
      return SplitMix64.mix((stream << 32) + i);
    }

    NDArray array(String name) {
      Parameter parameter = block.getParameters().get(name);
      return parameter.getArray();
    }

    NDArray inputs(int step) {
      return tokens(step, 0);
    }

    NDArray targets(int step) {
      return tokens(step, 1);
    }

    private NDArray tokens(int step, int offset) {
      long stream = golden.get("seed").asLong() + 9000 + step;
      long[] values = new long[batch * context];
      for (int row = 0; row < batch; row++) {
        for (int column = 0; column < context; column++) {
          long i = (long) row * (context + 1) + column + offset;
          values[row * context + column] = Long.remainderUnsigned(random(stream, i), vocabulary);
        }
      }
      return HostValues.on(manager).create(values, new Shape(batch, context));
    }

    NDArray forward(int step) {
      return block.forward(store, new NDList(inputs(step)), true).singletonOrThrow();
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
