package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits and special cases of the induced metric that hold without a reference. */
class InducedMetricTest {

  private static final double TOLERANCE = 1e-12;

  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();

  /** Asserts that two optimisers train alike for six steps. */
  private void assertSameTraining(StepOptimizerBuilder<?> first, StepOptimizerBuilder<?> second) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, first);
    StepOptimizer twin = open.optimizer(twinBlock, second);
    List<double[]> before = block.values();
    block.train(optimizer, 1, 6);
    twinBlock.train(twin, 1, 6);
    for (int i = 0; i < 3; i++) {
      double difference = Golden.difference(twinBlock.values(i), block.values(i), 1e-15);
      assertTrue(difference <= TOLERANCE, "tensor " + i + ": relative difference " + difference);
      assertTrue(Golden.difference(before.get(i), block.values(i), 0) > 1e-6, "it has trained");
    }
  }

  /** Java and command line begin from the same values, the learning rate among them. */
  @Test
  void defaultsThatTrainAreThoseOfThePreset() {
    assertSameTraining(
        InducedMetric.sgdRmsRelative(), Optimizers.builder("sgd_rms_relative", Map.of()));
  }

  @Test
  void rmsWithoutXiIsAdamW() {
    assertSameTraining(
        Optimizers.builder(
            "sgd_rms",
            Map.of(
                "xi",
                0.0,
                "momentum",
                0.85,
                "beta_rms",
                0.97,
                "eps",
                1e-6,
                "lr",
                0.02,
                "weight_decay",
                0.1)),
        Optimizers.builder(
            "adamw",
            Map.of("beta1", 0.85, "beta2", 0.97, "eps", 1e-6, "lr", 0.02, "weight_decay", 0.1)));
  }

  @Test
  void theEuclideanMetricWithoutXiIsGradientDescent() {
    assertSameTraining(
        Optimizers.builder("sgd_metric", Map.of("xi", 0.0, "momentum", 0.0)),
        Optimizers.builder("sgd", Map.of("momentum", 0.0)));
  }

  @Test
  void aCustomEmbeddingOfSlopeOneIsLinear() {
    assertSameTraining(InducedMetric.sgdRms().optEmbedding(loss -> 1), InducedMetric.sgdRms());
  }

  @Test
  void aCustomEmbeddingOfSlopeOneOverLossIsTheLog() {
    assertSameTraining(
        InducedMetric.sgdMetric().optEmbedding(loss -> 1 / loss), InducedMetric.sgdLogMetric());
  }

  @Test
  void namesAndBuildersAgree() {
    assertSameTraining(Optimizers.builder("sgd_metric", Map.of()), InducedMetric.sgdMetric());
    assertSameTraining(
        Optimizers.builder("sgd_log_metric", Map.of()), InducedMetric.sgdLogMetric());
    assertSameTraining(Optimizers.builder("sgd_rms", Map.of()), InducedMetric.sgdRms());
    assertSameTraining(InducedMetric.builder().optRms(0.99, 1e-8), InducedMetric.sgdRms());
  }

  @Test
  void adaGradDividesByTheRootOfAllSquares() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            InducedMetric.builder()
                .optAmbientMetric(AmbientMetric.adaGrad(1e-3))
                .optXi(0.2)
                .optBeta(0)
                .optMomentum(0)
                .optLearningRate(0.1)
                .optReportListener(reports::add));
    List<double[]> expected = block.values();
    List<double[]> sums = expected.stream().map(w -> new double[w.length]).toList();
    for (int step = 1; step <= 3; step++) {
      List<double[]> g = block.gradients(step);
      double trace = 0;
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < g.get(i).length; j++) {
          sums.get(i)[j] += g.get(i)[j] * g.get(i)[j];
          trace += g.get(i)[j] * g.get(i)[j] / (Math.sqrt(sums.get(i)[j]) + 1e-3);
        }
      }
      double scale = 1 / (1 + 0.2 * trace);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < g.get(i).length; j++) {
          expected.get(i)[j] -= 0.1 * scale * g.get(i)[j] / (Math.sqrt(sums.get(i)[j]) + 1e-3);
        }
      }
      block.train(optimizer, step, step);
      assertEquals(trace, reports.get(step - 1).trace(), TOLERANCE * trace);
      assertEquals(scale, reports.get(step - 1).metricScale(), TOLERANCE);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(expected.get(i), block.values(i), TOLERANCE);
      }
    }
    assertTrue(optimizer.state().arrays().containsKey("p0/sumOfSquares"));
  }

  /** γ = t, the number of steps so far, kept as state of another shape than the parameter's. */
  private record Growing() implements AmbientMetric {

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of("count", new Shape(1));
    }

    @Override
    public Inverse inverse(ParameterStep parameter) {
      NDArray next = parameter.state("count").add(1);
      return new Inverse() {
        @Override
        public NDArray apply(NDArray covector) {
          return covector.div(next.getDouble(0));
        }

        @Override
        public void commit() {
          parameter.state("count").addi(1);
        }
      };
    }
  }

  /** γ = 1 with a state that has a name of the optimiser's own. */
  private record Colliding(String state) implements AmbientMetric {

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of(state, parameter.shape());
    }

    @Override
    public Inverse inverse(ParameterStep parameter) {
      return covector -> covector;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"momentum", "updates", "weight", "lastRate", "average"})
  void aStateThatTheOptimizerHasAlreadyIsRefused(String name) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            InducedMetric.builder()
                .optAmbientMetric(new Colliding(name))
                .optWeightAveraging(WeightAveraging.exponential(0.9)));
    block.prepare(optimizer, 1);
    Resources.assertSays(
        assertThrows(IllegalStateException.class, optimizer::step), name, "choose");
  }

  @Test
  void usersMayBringTheirOwnMetric() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            InducedMetric.builder()
                .optAmbientMetric(new Growing())
                .optXi(0.2)
                .optBeta(0)
                .optMomentum(0)
                .optLearningRate(0.1)
                .optReportListener(reports::add));
    for (int step = 1; step <= 3; step++) {
      List<double[]> before = block.values();
      List<double[]> g = block.gradients(step);
      block.train(optimizer, step, step);
      double trace = g.stream().flatMapToDouble(Arrays::stream).map(x -> x * x).sum() / step;
      assertEquals(trace, reports.get(step - 1).trace(), TOLERANCE * trace);
      double factor = 0.1 / (1 + 0.2 * trace) / step;
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < before.get(i).length; j++) {
          assertEquals(before.get(i)[j] - factor * g.get(i)[j], block.values(i)[j], TOLERANCE);
        }
      }
    }
    assertEquals(new Shape(1), optimizer.state().arrays().get("p1/count").getShape());
  }

  static Stream<InducedMetric.Builder> saturating() {
    return Stream.of(InducedMetric.sgdMetric(), InducedMetric.sgdLogMetric());
  }

  /** ‖η s g‖ is at most η / (2 √ξ), reached where ξ‖g‖² f'² = 1. */
  @ParameterizedTest
  @MethodSource("saturating")
  void theUpdateIsBoundedHoweverLargeTheGradient(InducedMetric.Builder builder) {
    double xi = 0.25;
    double rate = 0.5;
    double bound = rate / (2 * Math.sqrt(xi));
    TensorsBlock block = new TensorsBlock(open.manager()).add(new double[2], DataType.FLOAT64, 2);
    StepOptimizer optimizer =
        open.optimizer(block, builder.optXi(xi).optBeta(0).optMomentum(0).optLearningRate(rate));
    double largest = 0;
    for (int exponent = -6; exponent <= 40; exponent++) {
      double size = 2 * Math.pow(10, exponent / 4.0);
      double[] before = block.values(0);
      block.backward(List.of(new double[] {0.6 * size, 0.8 * size}));
      optimizer.observeLoss(1);
      optimizer.step();
      double length = Math.hypot(block.values(0)[0] - before[0], block.values(0)[1] - before[1]);
      assertTrue(length <= bound * (1 + 1e-9), "length " + length + " for a gradient of " + size);
      largest = Math.max(largest, length);
    }
    assertEquals(bound, largest, 1e-9, "reached at a gradient of 2");
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-300, 1e-150, 1e150})
  void theLogScaleStaysFiniteForExtremeLosses(double loss) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, InducedMetric.sgdLogMetric().optReportListener(reports::add));
    block.backward(block.gradients(1));
    optimizer.observeLoss(loss);
    optimizer.step();
    double trace = reports.get(0).trace();
    assertEquals(1 / (loss + 0.1 * trace / loss), reports.get(0).metricScale(), 1e-12);
    assertTrue(block.values().stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
  }

  /** A vanishing gradient at a vanishing loss: s would be 1/L = ∞. */
  @Test
  void aScaleThatIsNotFiniteChangesNoWeight() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block, InducedMetric.sgdLogMetric().optXi(0).optNonFinite(NonFinitePolicy.SKIP));
    Snapshot before = Snapshot.of(block, optimizer);
    block.backward(block.gradients(1));
    optimizer.observeLoss(Double.MIN_VALUE);
    optimizer.step();
    assertEquals(before.weights(), Snapshot.of(block, optimizer).weights());
  }

  /** A metric that is not positive definite has traces below zero. */
  @Test
  void theLinearEmbeddingTakesTheSizeOfTheTrace() {
    LossEmbedding linear = new LossEmbedding.Linear();
    assertEquals(1 / 1.5, linear.metricScale(0.5, 1));
    assertEquals(1 / 1.5, linear.metricScale(-0.5, 1));
  }
}
