package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.util.Pair;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import dev.pullback.train.SplitMix64;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ResNet-18 against an independent implementation. */
class GoldenResNetTest {

  private static final JsonNode GOLDEN = Golden.read("resnet18.json");

  static Stream<Kernels> kernels() {
    return Golden.kernels().stream();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void computesLossLogitsAndGradients(Kernels kernels) {
    try (Fixture fixture = new Fixture(kernels, Precision.FLOAT32)) {
      assertEquals(GOLDEN.get("parameters").asLong(), fixture.block.parameterCount());
      fixture.step();
      assertRelative(GOLDEN.get("loss").asDouble(), fixture.loss, 1e-4, "loss");
      double worst = Golden.difference(Golden.numbers(GOLDEN.get("logits")), fixture.logits, 1e-6);
      assertTrue(worst <= 1e-3, "logits differ by " + worst);
      // MXNet's sums put values near 0 on the other side of a ReLU here and there.
      double tolerance = Golden.kernels().contains(Kernels.NATIVE) ? 1e-3 : 2e-3;
      for (JsonNode tensor : GOLDEN.get("tensors")) {
        String name = tensor.get("name").asText();
        assertRelative(
            tensor.get("gradNorm").asDouble(), fixture.gradientNorm(name), tolerance, name);
      }
    }
  }

  /** bfloat16 has 8 significant bits; rounding adds up over 18 layers. */
  @Test
  void mixedPrecisionStaysClose() {
    assumeTrue(Golden.kernels().contains(Kernels.NATIVE), "needs an engine with native kernels");
    try (Fixture fixture = new Fixture(Kernels.NATIVE, Precision.MIXED)) {
      fixture.step();
      assertRelative(GOLDEN.get("loss").asDouble(), fixture.loss, 2e-2, "loss");
      for (JsonNode tensor : GOLDEN.get("tensors")) {
        String name = tensor.get("name").asText();
        assertRelative(tensor.get("gradNorm").asDouble(), fixture.gradientNorm(name), 0.15, name);
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

  /** The model of the golden file, with its pseudo-random weights and images. */
  private static final class Fixture implements AutoCloseable {

    private final Model model = Model.newInstance("golden");
    private final NDManager manager = model.getNDManager();
    private final ResNet18 block;
    private double loss;
    private double[] logits;

    Fixture(Kernels kernels, Precision precision) {
      block = new ResNet18(0, kernels, precision);
      model.setBlock(block);
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
      List<JsonNode> tensors = Golden.list(GOLDEN.get("tensors"));
      assertEquals(
          tensors.stream().map(t -> t.get("name").asText()).toList(),
          block.getParameters().stream()
              .filter(pair -> pair.getValue().requiresGradient())
              .map(Pair::getKey)
              .toList(),
          "trainable parameters in block order");
      for (int k = 0; k < tensors.size(); k++) {
        JsonNode tensor = tensors.get(k);
        NDArray array = array(tensor.get("name").asText());
        double mean = tensor.get("mean").asDouble();
        double scale = tensor.get("std").asDouble() * Math.sqrt(3);
        float[] values = new float[Math.toIntExact(array.size())];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (mean + scale * uniform(k, i));
        }
        EngineSupport.of(array)
            .load(array, HostValues.on(array.getManager()).create(values, array.getShape()));
      }
    }

    /** The loss, the logits and the gradients of the file's batch. */
    void step() {
      int batch = GOLDEN.get("batch").asInt();
      float[] pixels = new float[batch * 3 * 32 * 32];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) ((uniform(7000, i) + 1) / 2);
      }
      long[] labels = new long[batch];
      for (int i = 0; i < batch; i++) {
        labels[i] = Long.remainderUnsigned(random(8000, i), ResNet18.CLASSES);
      }
      assertEquals(
          Golden.list(GOLDEN.get("labels")).stream().map(JsonNode::asLong).toList(),
          Arrays.stream(labels).boxed().toList());
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDList images =
            new NDList(HostValues.on(manager).create(pixels, new Shape(batch, 3, 32, 32)));
        NDList out = block.forward(new ParameterStore(manager, false), images, true);
        NDArray value =
            Loss.softmaxCrossEntropyLoss()
                .evaluate(new NDList(HostValues.on(manager).create(labels)), out);
        collector.backward(value);
        loss = value.getFloat();
        logits = out.singletonOrThrow().toType(DataType.FLOAT64, true).toDoubleArray();
      }
    }

    double gradientNorm(String name) {
      try (NDArray gradient = array(name).getGradient()) {
        return gradient.norm().getFloat();
      }
    }

    private NDArray array(String name) {
      Parameter parameter = block.getParameters().get(name);
      return parameter.getArray();
    }

    private static double uniform(long stream, long i) {
      return (random(stream, i) >>> 40) / (double) (1 << 24) * 2 - 1;
    }

    private static long random(long stream, long i) {
      return SplitMix64.mix(((GOLDEN.get("seed").asLong() + stream) << 32) + i);
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
