package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The general core against float64 trajectories that were checked against dense inversion of G. */
class CoreTrajectoriesTest {

  private static final double NEAR_ZERO = 1e-14;

  static Stream<Arguments> cases() {
    return Golden.list(Golden.read("core-trajectories.json").get("cases")).stream()
        .flatMap(
            c ->
                Stream.of(Kernels.PORTABLE, Kernels.AUTO)
                    .map(k -> Arguments.of(c.get("name").asText(), k, c)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void followsTheReference(String name, Kernels kernels, JsonNode golden) {
    JsonNode h = golden.get("hyperparameters");
    String metric = h.get("metric").asText();
    boolean decomposes = metric.equals("soap") || metric.equals("shampoo");
    try (NDManager manager = NDManager.newBaseManager()) {
      TensorsBlock block = new TensorsBlock(manager);
      for (int i = 0; i < golden.get("shapes").size(); i++) {
        long[] shape =
            Golden.list(golden.get("shapes").get(i)).stream().mapToLong(JsonNode::asLong).toArray();
        block.add(Golden.numbers(golden.get("initial").get(i)), DataType.FLOAT64, shape);
      }
      List<StepReport> reports = new ArrayList<>();
      try (StepOptimizer optimizer =
          builder(h, golden.get("steps").get(0).get("losses").size())
              .optKernels(kernels)
              .optReportListener(reports::add)
              .build()) {
        optimizer.bind(block);
        if (decomposes && !Engine.getDefaultEngineName().equals("PyTorch")) {
          give(optimizer, block, golden.get("steps").get(0));
          Snapshot before = Snapshot.of(block, optimizer);
          IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::step);
          Resources.assertSays(e, "decompositions", "use PyTorch");
          assertEquals(before.weights(), Snapshot.of(block, optimizer).weights());
          return;
        }
        for (JsonNode step : golden.get("steps")) {
          give(optimizer, block, step);
          optimizer.step();
          StepReport report = reports.get(reports.size() - 1);
          double allowed = decomposes ? 1e-9 : 1e-12;
          assertClose("trace", step.get("trace"), report.trace(), allowed);
          assertClose("scale", step.get("metricScale"), report.metricScale(), allowed);
          for (int i = 0; i < step.get("params").size(); i++) {
            double difference =
                Golden.difference(
                    Golden.numbers(step.get("params").get(i)), block.values(i), NEAR_ZERO);
            assertTrue(
                difference <= allowed,
                "step %d, tensor %d: relative difference %s"
                    .formatted(report.step(), i, difference));
          }
        }
      }
    }
  }

  private static void give(StepOptimizer optimizer, TensorsBlock block, JsonNode step) {
    int count = step.get("components").size();
    for (int a = 0; a < count; a++) {
      block.backward(
          Golden.list(step.get("components").get(a)).stream().map(Golden::numbers).toList());
      double loss = step.get("losses").get(a).asDouble();
      if (count == 1) {
        optimizer.observeLoss(loss);
      } else {
        try (NDManager manager = NDManager.newBaseManager()) {
          optimizer.endComponent(manager.create(loss));
        }
      }
    }
  }

  private static InducedMetric.Builder builder(JsonNode h, int components) {
    double momentum = h.get("momentum").asDouble();
    double betaRms = h.path("beta_rms").asDouble(0.99);
    double epsilon = h.path("eps").asDouble(1e-8);
    MatrixBlocks blocks = new MatrixBlocks(h.path("every").asInt(1), 10_000, Integer.MAX_VALUE);
    AmbientMetric metric =
        switch (h.get("metric").asText()) {
          case "euclidean" -> AmbientMetric.euclidean();
          case "rms" -> AmbientMetric.rms(betaRms, epsilon);
          case "shampoo" -> AmbientMetric.shampoo(betaRms, epsilon, blocks);
          case "soap" -> AmbientMetric.soap(betaRms, epsilon, blocks);
          default -> throw new AssertionError("No metric " + h.get("metric"));
        };
    InducedMetric.Builder builder = InducedMetric.over(Rules.preconditioned(metric, momentum));
    builder.optLearningRate(h.get("lr").asDouble());
    builder.optWeightDecay(h.path("weight_decay").asDouble(0));
    builder.optBeta(h.path("beta").asDouble(0));
    if (h.path("embedding").asText().equals("log")) {
      builder.optEmbedding(new LossEmbedding.Log());
    }
    if (h.path("relative").asBoolean()) {
      builder.optRelativeXi(h.get("xi").asDouble());
      builder.optTraceAverage(h.get("average").asDouble());
    } else {
      builder.optXi(h.get("xi").asDouble());
    }
    switch (h.path("mode").asText("scale")) {
      case "scale" -> {}
      case "exact" -> builder.optCrossTerm(h.path("coupling").asDouble(0));
      case "components" -> builder.optComponents(components);
      default -> throw new AssertionError("No mode " + h.get("mode"));
    }
    return builder;
  }

  private static void assertClose(String what, JsonNode expected, double actual, double allowed) {
    if (expected.isNull()) {
      assertTrue(Double.isNaN(actual), what);
      return;
    }
    double difference =
        Golden.difference(new double[] {expected.asDouble()}, new double[] {actual}, NEAR_ZERO);
    assertTrue(difference <= allowed, "%s is %s, expected %s".formatted(what, actual, expected));
  }
}
