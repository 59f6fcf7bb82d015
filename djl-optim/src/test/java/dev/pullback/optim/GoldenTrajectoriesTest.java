package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every optimiser against float64 trajectories from independent implementations. */
class GoldenTrajectoriesTest {

  private static final double RELATIVE = 1e-12;
  private static final double NEAR_ZERO = 1e-14;

  static Stream<Arguments> cases() {
    return Stream.of("optimizer-trajectories.json", "baseline-trajectories.json")
        .flatMap(
            file ->
                Golden.list(Golden.read(file).get("cases")).stream()
                    .flatMap(
                        c ->
                            Golden.kernels().stream()
                                .map(k -> Arguments.of(c.get("name").asText(), k, c))));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void followsTheReference(String name, Kernels kernels, JsonNode golden) {
    try (NDManager manager = NDManager.newBaseManager()) {
      TensorsBlock block = new TensorsBlock(manager);
      for (int i = 0; i < golden.get("shapes").size(); i++) {
        long[] shape =
            Golden.list(golden.get("shapes").get(i)).stream().mapToLong(JsonNode::asLong).toArray();
        block.add(Golden.numbers(golden.get("initial").get(i)), DataType.FLOAT64, shape);
      }
      List<StepReport> reports = new ArrayList<>();
      Map<String, Double> hyperparameters = hyperparameters(golden);
      try (StepOptimizer optimizer =
          Optimizers.builder(optimizerName(golden), hyperparameters)
              .optKernels(kernels)
              .optReportListener(reports::add)
              .build()) {
        optimizer.bind(block);
        for (JsonNode step : golden.get("steps")) {
          List<double[]> gradients =
              Golden.list(step.get("grads")).stream().map(Golden::numbers).toList();
          block.backward(gradients);
          if (step.has("loss")) {
            optimizer.observeLoss(step.get("loss").asDouble());
          }
          updateInSomeOrder(optimizer, block, reports.size());
          assertClose(step, "trace", reports.get(reports.size() - 1).trace());
          assertClose(step, "metricScale", reports.get(reports.size() - 1).metricScale());
          for (int i = 0; i < step.get("params").size(); i++) {
            double difference =
                Golden.difference(
                    Golden.numbers(step.get("params").get(i)), block.values(i), NEAR_ZERO);
            assertTrue(
                difference <= RELATIVE,
                "step %d, tensor %d: relative difference %s"
                    .formatted(reports.size(), i, difference));
          }
        }
      }
    }
  }

  /** Calls the optimiser as DJL's parameter server does, in an order that is not the block's. */
  private static void updateInSomeOrder(StepOptimizer optimizer, TensorsBlock block, int seed) {
    List<Integer> order =
        new ArrayList<>(Stream.iterate(0, i -> i + 1).limit(block.getParameters().size()).toList());
    Collections.rotate(order, seed + 1);
    for (int i : order) {
      try (NDArray gradient = block.tensor(i).getGradient();
          NDArray copy = gradient.duplicate()) {
        optimizer.update(block.parameter(i).getId(), block.tensor(i), copy);
      }
    }
  }

  private static void assertClose(JsonNode step, String field, double actual) {
    if (step.has(field)) {
      double expected = step.get(field).asDouble();
      double difference =
          Golden.difference(new double[] {expected}, new double[] {actual}, NEAR_ZERO);
      assertTrue(difference <= RELATIVE, field + " is " + actual + ", expected " + expected);
    }
  }

  private static Map<String, Double> hyperparameters(JsonNode golden) {
    Map<String, Double> values = new HashMap<>();
    golden
        .get("hyperparameters")
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isNumber()) {
                values.put(entry.getKey(), entry.getValue().asDouble());
              }
            });
    if (optimizerName(golden).equals("muon")) { // whose momentum the files call beta
      values.put("momentum", values.remove("beta"));
    }
    return values;
  }

  /** Takes the optimiser from {@code kind}, else from the beginning of the case's name. */
  private static String optimizerName(JsonNode golden) {
    JsonNode kind = golden.get("hyperparameters").get("kind");
    if (kind != null) {
      return kind.asText();
    }
    String name = golden.get("name").asText();
    return Optimizers.all().stream()
        .map(OptimizerSpec::name)
        .filter(name::startsWith)
        .max(Comparator.comparing(String::length))
        .orElseThrow(() -> new AssertionError("No optimiser for the case " + name));
  }
}
