package dev.pullback.optim;

import static dev.pullback.optim.Resources.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.types.DataType;
import dev.pullback.engine.HostValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps whose values cannot be used change nothing, and the next good step is as if alone. */
class RefusedStepTest {

  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();

  static Stream<Arguments> optimizersAndBadValues() {
    return Golden.optimizers().stream()
        .map(OptimizerSpec::name)
        .flatMap(
            name ->
                Stream.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)
                    .map(bad -> Arguments.of(name, bad)));
  }

  private StepOptimizer optimizer(TensorsBlock block, String name, NonFinitePolicy policy) {
    return open.optimizer(
        block,
        Optimizers.builder(name, Map.of("weight_decay", 0.1))
            .optNonFinite(policy)
            .optReportListener(reports::add));
  }

  /** Has one bad element, in the vector {@code p1}. */
  private static void backwardBad(TensorsBlock block, double bad) {
    List<double[]> gradients = block.gradients(77);
    gradients.get(1)[2] = bad;
    block.backward(gradients);
  }

  private static void assertGradientsAreCleared(TensorsBlock block) {
    for (int i = 0; i < block.values().size(); i++) {
      assertArrayEquals(new double[block.values(i).length], block.gradient(i), 0);
    }
  }

  @ParameterizedTest
  @MethodSource("optimizersAndBadValues")
  void raisesOnBadGradientsAndContinues(String name, double bad) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name, NonFinitePolicy.RAISE);
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = open.optimizer(twinBlock, name, Map.of("weight_decay", 0.1));
    block.train(optimizer, 1, 2);
    twinBlock.train(twin, 1, 2);
    Snapshot before = Snapshot.of(block, optimizer);

    backwardBad(block, bad);
    optimizer.observeLoss(1e6);
    assertSays(
        assertThrows(TrainingDivergedException.class, optimizer::step), "Step 3", "p1", "1 of 3");

    assertEquals(before, Snapshot.of(block, optimizer));
    assertGradientsAreCleared(block);
    assertEquals(2, reports.size(), "no report of the refused step");
    StepReport refused = optimizer.lastReport();
    assertEquals(3, refused.step());
    assertTrue(refused.skipped());
    assertEquals(1e6, refused.loss());
    assertEquals(0, optimizer.skippedSteps());
    block.train(optimizer, 3, 4);
    twinBlock.train(twin, 3, 4);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @ParameterizedTest
  @MethodSource("optimizersAndBadValues")
  void skipsBadGradientsAndContinues(String name, double bad) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name, NonFinitePolicy.SKIP);
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = open.optimizer(twinBlock, name, Map.of("weight_decay", 0.1));
    block.train(optimizer, 1, 2);
    twinBlock.train(twin, 1, 2);
    Snapshot before = Snapshot.of(block, optimizer);

    backwardBad(block, bad);
    optimizer.observeLoss(0.5);
    for (int i : new int[] {2, 0, 1}) {
      block.update(optimizer, i);
    }

    assertEquals(before, Snapshot.of(block, optimizer));
    assertGradientsAreCleared(block);
    assertEquals(1, optimizer.skippedSteps());
    assertEquals(3, reports.size());
    assertTrue(reports.get(2).skipped());
    assertEquals(3, reports.get(2).step());
    assertEquals(0.5, reports.get(2).loss());
    block.train(optimizer, 3, 4);
    twinBlock.train(twin, 3, 4);
    assertEquals(3, reports.get(3).step());
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void skippingEndsWhereNoStepIsUsableAnyMore() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder("adamw", Map.of())
                .optNonFinite(NonFinitePolicy.SKIP)
                .optMaxSkippedSteps(2)
                .optReportListener(reports::add));
    for (int round = 1; round <= 2; round++) {
      for (int i = 0; i < 2; i++) {
        backwardBad(block, Double.NaN);
        optimizer.step();
      }
      block.train(optimizer, round, round); // a good step starts the count anew
    }
    Snapshot before = Snapshot.of(block, optimizer);
    for (int i = 0; i < 2; i++) {
      backwardBad(block, Double.NaN);
      optimizer.step();
    }
    for (int i = 0; i < 2; i++) {
      backwardBad(block, Double.NaN);
      assertSays(
          assertThrows(TrainingDivergedException.class, optimizer::step),
          "Step 3",
          "p1",
          "2 steps in a row",
          "optMaxSkippedSteps");
    }
    assertEquals(before, Snapshot.of(block, optimizer));
    assertGradientsAreCleared(block);
    assertEquals(6, optimizer.skippedSteps());
    assertEquals(8, reports.size());
    block.train(optimizer, 3, 3);
    assertEquals(3, optimizer.steps());
  }

  @Test
  void skippingEndsAfterAHundredStepsByDefault() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, "sgd", NonFinitePolicy.SKIP);
    for (int i = 0; i < 100; i++) {
      backwardBad(block, Double.NaN);
      optimizer.step();
    }
    backwardBad(block, Double.NaN);
    assertThrows(TrainingDivergedException.class, optimizer::step);
  }

  @Test
  void refusesALimitBelowZero() {
    assertSays(
        assertThrows(
            IllegalArgumentException.class,
            () -> Optimizers.builder("sgd", Map.of()).optMaxSkippedSteps(-1)),
        "maxSkippedSteps",
        "-1");
  }

  /** As when a parameter server goes on with the other parameters after an error. */
  @ParameterizedTest
  @EnumSource(NonFinitePolicy.class)
  void theOtherCallsOfARefusedStepStartNoNewOne(NonFinitePolicy policy) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, "adamw", policy);
    block.train(optimizer, 1, 1);
    Snapshot before = Snapshot.of(block, optimizer);
    backwardBad(block, Double.NaN);
    if (policy == NonFinitePolicy.RAISE) {
      assertThrows(TrainingDivergedException.class, () -> block.update(optimizer, 1));
    } else {
      block.update(optimizer, 1);
    }
    block.update(optimizer, 0);
    block.update(optimizer, 2);
    assertEquals(before, Snapshot.of(block, optimizer));

    for (int i : new int[] {1, 0, 2}) {
      if (i == 1) {
        block.prepare(optimizer, 2);
      }
      block.update(optimizer, i);
    }
    assertEquals(2, optimizer.state().step());
    assertGradientsAreCleared(block);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.25, Double.NaN, Double.POSITIVE_INFINITY})
  void theLogEmbeddingRefusesALossThatIsNotPositiveAndFinite(double bad) {
    for (NonFinitePolicy policy : NonFinitePolicy.values()) {
      TensorsBlock block = open.block(DataType.FLOAT32);
      StepOptimizer optimizer = optimizer(block, "sgd_log_metric", policy);
      TensorsBlock twinBlock = open.block(DataType.FLOAT32);
      StepOptimizer twin = open.optimizer(twinBlock, "sgd_log_metric", Map.of("weight_decay", 0.1));
      block.train(optimizer, 1, 1);
      Snapshot before = Snapshot.of(block, optimizer);

      block.backward(block.gradients(9));
      optimizer.observeLoss(bad);
      if (policy == NonFinitePolicy.RAISE) {
        assertSays(
            assertThrows(TrainingDivergedException.class, optimizer::step),
            "Step 2",
            String.valueOf(bad));
      } else {
        optimizer.step();
        assertEquals(1, optimizer.skippedSteps());
      }

      assertEquals(before, Snapshot.of(block, optimizer));
      assertGradientsAreCleared(block);
      block.train(optimizer, 2, 2);
      twinBlock.train(twin, 1, 2);
      assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
    }
  }

  /** Misuse is always raised, and repaired by passing the loss. */
  @ParameterizedTest
  @EnumSource(NonFinitePolicy.class)
  void aMissingLossKeepsTheGradientsSoThatTheStepCanBeRepeated(NonFinitePolicy policy) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd_log_metric", policy);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer twin = open.optimizer(twinBlock, "sgd_log_metric", Map.of("weight_decay", 0.1));
    block.train(optimizer, 1, 1);
    Snapshot before = Snapshot.of(block, optimizer);
    block.backward(block.gradients(2));

    assertSays(
        assertThrows(IllegalStateException.class, () -> block.update(optimizer, 1)),
        "step 2",
        "optimizer.observe(loss)",
        "observeLoss");
    assertEquals(before, Snapshot.of(block, optimizer));
    assertArrayEquals(block.gradients(2).get(0), block.gradient(0), 0);
    assertEquals(0, optimizer.skippedSteps());

    optimizer.observeLoss(HostValues.on(open.manager()).create(1.5));
    for (int i : new int[] {0, 1, 2}) {
      block.update(optimizer, i);
    }
    twinBlock.train(twin, 1, 2);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void aLossOfAnEarlierStepDoesNotServeForTheNext() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd_log_metric", NonFinitePolicy.RAISE);
    block.train(optimizer, 1, 1);
    block.backward(block.gradients(2));
    assertThrows(IllegalStateException.class, optimizer::step);
  }

  @Test
  void aBadDerivativeOfACustomEmbeddingIsNamed() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, InducedMetric.builder().optEmbedding(loss -> loss < 2 ? 1 : -1));
    block.train(optimizer, 2, 2);
    Snapshot before = Snapshot.of(block, optimizer);
    block.backward(block.gradients(3));
    optimizer.observeLoss(2.5);
    assertSays(
        assertThrows(TrainingDivergedException.class, optimizer::step), "Step 2", "-1.0", "2.5");
    assertEquals(before, Snapshot.of(block, optimizer));
  }

  /** 1e20 is an ordinary float32, though its square is not. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd", "lion", "adamw"})
  void aLargeFiniteGradientIsNotCalledInfinite(String name) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(block, Optimizers.builder(name, Map.of()).optClipGradientNorm(1));
    List<double[]> gradients = block.gradients(1);
    gradients.get(1)[2] = 1e20;
    block.backward(gradients);
    Snapshot before = Snapshot.of(block, optimizer);
    optimizer.step();
    assertNotEquals(before.weights(), Snapshot.of(block, optimizer).weights());
    assertTrue(block.values().stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
  }

  static Stream<Arguments> optimizersAndSpikes() {
    return Golden.optimizers().stream()
        .map(OptimizerSpec::name)
        .flatMap(
            name ->
                Stream.of(
                    Arguments.of(name, DataType.FLOAT32, 1e20),
                    Arguments.of(name, DataType.FLOAT32, 3e38),
                    Arguments.of(name, DataType.FLOAT64, 1e200)));
  }

  /** Its square is not finite: Adam's state would become infinite, and the weight stay for good. */
  @ParameterizedTest
  @MethodSource("optimizersAndSpikes")
  void aGradientThatCannotBeSquaredIsRefusedByAllOptimisers(
      String name, DataType type, double spike) {
    for (Kernels kernels : new Kernels[] {Kernels.AUTO, Kernels.PORTABLE}) {
      TensorsBlock block = open.block(type);
      StepOptimizerBuilder<?> builder = Optimizers.builder(name, Map.of());
      StepOptimizer optimizer = open.optimizer(block, builder.optKernels(kernels));
      block.train(optimizer, 1, 2);
      Snapshot before = Snapshot.of(block, optimizer);
      backwardBad(block, spike);
      optimizer.observeLoss(1);
      assertSays(
          assertThrows(TrainingDivergedException.class, optimizer::step),
          "Step 3",
          type.toString(),
          "largest element " + (type == DataType.FLOAT32 ? "" + (float) spike : spike) + " in p1");
      assertEquals(before, Snapshot.of(block, optimizer));
      assertGradientsAreCleared(block);
      block.train(optimizer, 3, 3);
      List<double[]> after = block.values();
      block.train(optimizer, 4, 4);
      for (int i = 0; i < after.size(); i++) {
        assertFalse(Arrays.equals(after.get(i), block.values(i)), "tensor " + i + " moves");
      }
    }
  }

  /** Each square is in range, but not their sum in float32. */
  @ParameterizedTest
  @EnumSource(
      value = Kernels.class,
      names = {"AUTO", "PORTABLE"})
  void aGradientWhoseNormCannotBeSquaredIsRefused(Kernels kernels) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizerBuilder<?> builder = Optimizers.builder("adamw", Map.of());
    StepOptimizer optimizer = open.optimizer(block, builder.optKernels(kernels));
    block.backward(block.values().stream().map(v -> TensorsBlock.filled(v.length, 1e19)).toList());
    assertSays(
        assertThrows(TrainingDivergedException.class, optimizer::step), "the norm is 3.31662");
  }

  @ParameterizedTest
  @MethodSource("optimizersAndSpikes")
  void clippingSavesAStepThatCannotBeSquared(String name, DataType type, double spike) {
    TensorsBlock block = open.block(type);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder(name, Map.of())
                .optClipGradientNorm(1)
                .optReportListener(reports::add));
    List<double[]> before = block.values();
    for (int step = 0; step < 2; step++) { // some rules only look at first
      backwardBad(block, spike);
      optimizer.observeLoss(1);
      optimizer.step();
      assertEquals(spike, reports.get(step).gradientNorm(), 1e-6 * spike);
    }
    assertTrue(block.values(1)[2] < before.get(1)[2]);
    assertTrue(block.values().stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
  }

  /** Sums of squares grow beyond the range, too. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void adaGradRefusesAnInfiniteSum(boolean induced) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    UpdateRule rule = Rules.preconditioned(AmbientMetric.adaGrad(1e-8), 0.9);
    StepOptimizer optimizer =
        open.optimizer(block, induced ? InducedMetric.over(rule) : StepOptimizer.builder(rule));
    backwardBad(block, 1.5e19);
    optimizer.step();
    Snapshot before = Snapshot.of(block, optimizer);
    backwardBad(block, 1.5e19);
    assertSays(assertThrows(TrainingDivergedException.class, optimizer::step), "p1", "float32");
    assertEquals(before, Snapshot.of(block, optimizer));
  }

  /** ε = 0 is in its range; an element that never had a gradient must then stay where it is. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd_rms", "adamw", "rmsprop", "muon"})
  void neverWritesNaNIntoWeights(String name) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block, Optimizers.builder(name, Map.of("eps", 0.0)).optNonFinite(NonFinitePolicy.SKIP));
    List<double[]> gradients = block.gradients(1);
    Arrays.fill(gradients.get(0), 0);
    gradients.get(1)[2] = 0;
    block.backward(gradients);
    optimizer.step();
    assertTrue(block.values().stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
  }

  /** The learning rate and the decay come from user code, too. */
  @ParameterizedTest
  @ValueSource(floats = {-0.1f, Float.NaN, Float.POSITIVE_INFINITY})
  void aTrackerOutOfRangeChangesNothing(float bad) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder("adamw", Map.of())
                .optLearningRateTracker(step -> step == 2 ? bad : 0.1f));
    block.train(optimizer, 1, 1);
    Snapshot before = Snapshot.of(block, optimizer);
    block.prepare(optimizer, 2);
    assertSays(
        assertThrows(IllegalArgumentException.class, optimizer::step), "learning rate", "" + bad);
    assertEquals(before, Snapshot.of(block, optimizer));
    assertArrayEquals(block.gradients(2).get(0), block.gradient(0), 0, "gradients are kept");
  }
}
