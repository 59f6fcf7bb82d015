package dev.pullback.optim;

import static dev.pullback.optim.Resources.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.util.NativeResource;
import dev.pullback.engine.HostValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Binding, the boundaries of a step, and which parameters take part in it. */
class StepContractTest {

  @AutoClose private final Resources open = new Resources();

  static Stream<String> names() {
    return Golden.optimizers().stream().map(OptimizerSpec::name);
  }

  private StepOptimizer optimizer(TensorsBlock block, String name) {
    return open.optimizer(block, name, Map.of());
  }

  // Binding

  static Stream<Consumer<StepOptimizer>> unboundUses() {
    return Stream.of(
        StepOptimizer::step,
        optimizer -> {
          Resources other = new Resources();
          try (other) {
            TensorsBlock block = other.block(DataType.FLOAT32);
            block.backward(block.gradients(1));
            block.update(optimizer, 0);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("unboundUses")
  void unboundUseExplainsHowToBind(Consumer<StepOptimizer> use) {
    StepOptimizer optimizer = open.unbound(Optimizers.builder("sgd_rms", Map.of()));
    assertSays(
        assertThrows(IllegalStateException.class, () -> use.accept(optimizer)),
        "addTrainingListeners",
        "bind");
  }

  @Test
  void refusesAnotherBlockOnceItHasTrained() {
    TensorsBlock first = open.block(DataType.FLOAT32);
    TensorsBlock second = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(first, "adamw");
    optimizer.bind(second);
    optimizer.bind(first);
    first.train(optimizer, 1, 2);
    optimizer.bind(first);
    assertSays(
        assertThrows(IllegalStateException.class, () -> optimizer.bind(second)),
        "another model",
        "2 steps");
    first.train(optimizer, 3, 3);
    assertEquals(3, optimizer.state().step());
  }

  @Test
  void startsFromNothingOnceClosed() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd_rms");
    block.train(optimizer, 1, 2);
    List<NDArray> arrays = List.copyOf(optimizer.state().arrays().values());
    optimizer.close();
    assertTrue(arrays.stream().allMatch(array -> ((NativeResource<?>) array).isReleased()));
    assertEquals(0, optimizer.state().step());
    assertEquals(Map.of(), optimizer.state().scalars());

    TensorsBlock twinBlock = new TensorsBlock(open.manager());
    for (int i = 0; i < 3; i++) {
      twinBlock.add(block.values(i), DataType.FLOAT64, block.tensor(i).getShape().getShape());
    }
    StepOptimizer twin = optimizer(twinBlock, "sgd_rms");
    block.train(optimizer, 3, 4);
    twinBlock.train(twin, 3, 4);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void discardedComponentsDoNotCount() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, InducedMetric.sgdRms().optComponents(2));
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer twin = open.optimizer(twinBlock, InducedMetric.sgdRms().optComponents(2));
    endComponent(block, optimizer, 7);
    optimizer.discard();
    for (int component : new int[] {1, 2}) {
      endComponent(block, optimizer, component);
      endComponent(twinBlock, twin, component);
    }
    optimizer.step();
    twin.step();
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  private void endComponent(TensorsBlock block, StepOptimizer optimizer, int component) {
    block.backward(block.gradients(component));
    optimizer.endComponent(open.manager().create(1f));
  }

  @Test
  void refusesParametersOfAnotherBlock() {
    TensorsBlock bound = open.block(DataType.FLOAT32);
    TensorsBlock other = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(bound, "sgd");
    Snapshot before = Snapshot.of(bound, optimizer);
    bound.backward(bound.gradients(1));
    other.backward(other.gradients(1));
    assertSays(
        assertThrows(IllegalStateException.class, () -> other.update(optimizer, 1)),
        other.parameter(1).getId(),
        "bind");
    assertEquals(before, Snapshot.of(bound, optimizer));
    assertEquals(before.weights(), Snapshot.of(other, optimizer).weights());
  }

  @Test
  void aBlockWithoutTrainableParametersIsRefused() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    block.freezeParameters(true);
    StepOptimizer optimizer = optimizer(block, "sgd");
    assertSays(assertThrows(IllegalStateException.class, optimizer::step), "no trainable");
  }

  @Test
  void refusesSeveralDevicesWhenTheTrainerIsCreated() {
    try (MlpProblem problem = new MlpProblem()) {
      StepOptimizer optimizer = open.unbound(Optimizers.builder("sgd_rms", Map.of()));
      Device[] devices = {Device.gpu(0), Device.gpu(1)};
      assertSays(
          assertThrows(
              IllegalStateException.class,
              () -> problem.model().newTrainer(MlpProblem.config(optimizer).optDevices(devices))),
          "one device",
          "2",
          "optDevices");
    }
  }

  private static Shape shapeOf(TensorsBlock block, int i) {
    return block.tensor(i).getShape();
  }

  // The boundaries of a step

  @ParameterizedTest
  @CsvSource({
    "sgd_rms, 0 2 1",
    "sgd_rms, 1 0 2",
    "sgd_rms, 1 2 0",
    "sgd_rms, 2 0 1",
    "sgd_rms, 2 1 0",
    "sgd_log_metric, 2 1 0",
    "muon, 2 1 0",
    "adamw, 1 2 0"
  })
  void theOrderOfUpdatesDoesNotMatter(String name, String order) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name);
    TensorsBlock shuffled = open.block(DataType.FLOAT32);
    StepOptimizer other = optimizer(shuffled, name);
    for (int step = 1; step <= 3; step++) {
      block.prepare(optimizer, step);
      optimizer.step();
      shuffled.prepare(other, step);
      for (char i : order.replace(" ", "").toCharArray()) {
        shuffled.update(other, i - '0');
      }
    }
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(shuffled, other));
  }

  @Test
  void oneScaleServesTheWholeModel() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<StepReport> reports = new ArrayList<>();
    open.optimizer(
            block,
            Optimizers.builder(
                    "sgd_metric", Map.of("xi", 0.3, "beta", 0.0, "momentum", 0.0, "lr", 0.2))
                .optReportListener(reports::add))
        .step();
    assertEquals(1, reports.get(0).metricScale(), "no gradient");

    List<double[]> before = block.values();
    List<double[]> gradients = block.gradients(1);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder(
                    "sgd_metric", Map.of("xi", 0.3, "beta", 0.0, "momentum", 0.0, "lr", 0.2))
                .optReportListener(reports::add));
    block.backward(gradients);
    optimizer.step();
    double trace = gradients.stream().flatMapToDouble(Arrays::stream).map(g -> g * g).sum();
    double scale = 1 / (1 + 0.3 * trace);
    StepReport report = reports.get(1);
    assertEquals(trace, report.trace(), 1e-13 * trace);
    assertEquals(scale, report.metricScale(), 1e-13 * scale);
    assertEquals(Math.sqrt(trace), report.gradientNorm(), 1e-13 * trace);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < before.get(i).length; j++) {
        assertEquals(
            before.get(i)[j] - 0.2 * scale * gradients.get(i)[j], block.values(i)[j], 1e-14);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void clearsTheGradientsOfAStep(String name) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name);
    block.train(optimizer, 1, 1);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(new double[block.values(i).length], block.gradient(i), 0);
    }
  }

  @Test
  void theNextGradientsStartFromZeroInTheSameMemory() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd");
    block.prepare(optimizer, 1);
    NDArray sameMemory = block.tensor(0).getGradient().stopGradient();
    optimizer.step();
    block.backward(block.gradients(2));
    assertArrayEquals(block.gradients(2).get(0), block.gradient(0), 0);
    assertArrayEquals(block.gradients(2).get(0), sameMemory.toDoubleArray(), 0);
  }

  @Test
  void aWeightThatIsACopyReceivesTheNewValue() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd_rms");
    block.prepare(optimizer, 1);
    for (int i : new int[] {1, 0, 2}) {
      NDArray copy = HostValues.on(open.manager()).create(block.values(i), shapeOf(block, i));
      NDArray sameMemory = copy.stopGradient();
      double[] before = block.values(i);
      optimizer.update(block.parameter(i).getId(), copy, block.tensor(i).getGradient());
      assertArrayEquals(block.values(i), copy.toDoubleArray(), 0);
      assertArrayEquals(block.values(i), sameMemory.toDoubleArray(), 0, "in its own memory");
      if (i == 1) {
        assertNotEquals(before[0], block.values(i)[0]);
      }
    }
    assertEquals(1, optimizer.state().step());
  }

  @Test
  void aFailingListenerDoesNotLeaveTheGradientsOfAFinishedStep() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "adamw");
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer twin = optimizer(twinBlock, "adamw");
    optimizer.addReportListener(
        report -> {
          if (report.step() == 1) {
            throw new IllegalArgumentException("disk full");
          }
        });
    block.prepare(optimizer, 1);
    assertThrows(IllegalArgumentException.class, optimizer::step);
    block.train(optimizer, 2, 3);
    twinBlock.train(twin, 1, 3);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @ParameterizedTest
  @MethodSource("names")
  void worksInsideAnOpenGradientCollector(String name) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name);
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = optimizer(twinBlock, name);
    for (int step = 1; step <= 2; step++) {
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray loss = block.loss(block.gradients(step));
        optimizer.observeLoss(1.0 + step);
        collector.backward(loss);
        block.update(optimizer, 2);
        block.update(optimizer, 0);
        block.update(optimizer, 1);
      }
      twinBlock.backward(twinBlock.gradients(step));
      twin.observeLoss(1.0 + step);
      twin.step();
    }
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
    assertTrue(optimizer.state().arrays().values().stream().noneMatch(NDArray::hasGradient));
  }

  @ParameterizedTest
  @MethodSource("names")
  void keepsItsStateWhenTheUsersScopeCloses(String name) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, name);
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = optimizer(twinBlock, name);
    for (int step = 1; step <= 2; step++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        block.backward(block.gradients(step));
        optimizer.observeLoss(block.tensor(0).abs().sum());
        optimizer.observeLoss(1);
      }
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        optimizer.step();
      }
      twinBlock.backward(twinBlock.gradients(step));
      twin.observeLoss(twinBlock.tensor(0).abs().sum());
      twin.observeLoss(1);
      twin.step();
    }
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  /** An engine's gradient mode belongs to a thread; others start with gradients on. */
  @Test
  void worksInAnotherThread() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, "sgd_log_metric");
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = optimizer(twinBlock, "sgd_log_metric");
    CompletableFuture.runAsync(() -> block.train(optimizer, 1, 3), command -> newThread(command))
        .join();
    twinBlock.train(twin, 1, 3);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
    assertTrue(optimizer.state().arrays().values().stream().noneMatch(NDArray::hasGradient));
  }

  private static void newThread(Runnable command) {
    new Thread(command).start();
  }

  // Which parameters take part

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "muon", "sgd_rms"})
  void aParameterThatIsUnfrozenLaterStartsItsOwnCount(String name) {
    // With ξ = 0 parameters do not influence each other.
    Map<String, Double> hyperparameters = name.equals("sgd_rms") ? Map.of("xi", 0.0) : Map.of();
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, name, hyperparameters);
    block.parameter(1).freeze(true);
    block.train(optimizer, 1, 3);
    block.parameter(1).freeze(false);
    TensorsBlock alone = new TensorsBlock(open.manager()).add(block.values(1), DataType.FLOAT64, 4);
    StepOptimizer fresh = open.optimizer(alone, name, hyperparameters);
    for (int step = 4; step <= 5; step++) {
      block.prepare(optimizer, step);
      optimizer.step();
      alone.backward(List.of(block.gradients(step).get(1)));
      fresh.observeLoss(1);
      fresh.step();
    }
    assertArrayEquals(alone.values(0), block.values(1), 0);
    assertEquals(5, optimizer.state().step());
  }

  @Test
  void aParameterThatIsFrozenForAWhileKeepsItsState() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "adamw");
    block.train(optimizer, 1, 2);
    Snapshot before = Snapshot.of(block, optimizer);
    block.parameter(0).freeze(true);
    block.train(optimizer, 3, 4);
    Snapshot after = Snapshot.of(block, optimizer);
    assertEquals(before.weights().get(0), after.weights().get(0));
    assertEquals(before.state().get("p0/momentum"), after.state().get("p0/momentum"));
    assertEquals(before.state().get("p0/meanSquare"), after.state().get("p0/meanSquare"));
    assertNotEquals(before.state().get("p1/momentum"), after.state().get("p1/momentum"));

    block.parameter(0).freeze(false);
    TensorsBlock alone =
        new TensorsBlock(open.manager())
            .add(
                TensorsBlock.ofEachRank(open.manager(), DataType.FLOAT64).values(0),
                DataType.FLOAT64,
                2,
                3);
    StepOptimizer twin = optimizer(alone, "adamw");
    for (int step : new int[] {1, 2, 5}) {
      alone.backward(List.of(block.gradients(step).get(0)));
      twin.step();
    }
    block.train(optimizer, 5, 5);
    assertArrayEquals(alone.values(0), block.values(0), 0);
  }

  @Test
  void aParameterThatIsAddedLaterIsTrainedAtOnce() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = optimizer(block, "sgd_metric");
    block.train(optimizer, 1, 2);
    block.add(new double[] {1, 2}, DataType.FLOAT64, 2);
    List<StepReport> reports = new ArrayList<>();
    optimizer.addReportListener(reports::add);
    block.prepare(optimizer, 3);
    for (int i : new int[] {3, 1, 0, 2}) {
      block.update(optimizer, i);
    }
    assertEquals(3, optimizer.state().step());
    assertNotEquals(1, block.values(3)[0]);
    double trace =
        block.gradients(3).stream().flatMapToDouble(Arrays::stream).map(g -> g * g).sum();
    assertEquals(trace, reports.get(0).trace(), 1e-13 * trace);
  }

  @Test
  void aSharedParameterIsUpdatedOnce() {
    TensorsBlock shared = new TensorsBlock(open.manager());
    shared.add(new double[] {1, 2}, DataType.FLOAT64, 2);
    TensorsBlock block =
        new TensorsBlock(open.manager())
            .add(new double[] {3}, DataType.FLOAT64, 1)
            .addChild("encoder", shared)
            .addChild("decoder", shared);
    assertEquals(3, block.getParameters().size());
    List<StepReport> reports = new ArrayList<>();
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder(
                    "sgd_metric", Map.of("lr", 0.5, "xi", 1.0, "beta", 0.0, "momentum", 0.0))
                .optReportListener(reports::add));
    // The shared tensor occurs twice in the sum, so that its gradient is (1, 1).
    block.backward(List.of(new double[] {2}, new double[] {0.5, 0.5}, new double[] {0.5, 0.5}));
    block.update(optimizer, 1);
    block.update(optimizer, 0);
    assertEquals(1, reports.size());
    assertEquals(4 + 2, reports.get(0).trace(), 1e-15);
    assertArrayEquals(new double[] {1 - 0.5 / 7, 2 - 0.5 / 7}, shared.values(0), 1e-15);
    assertEquals(2, optimizer.state().arrays().size());
    assertTrue(
        optimizer.state().arrays().keySet().stream().anyMatch(name -> name.contains("encoder")));
  }

  @Test
  void replacedParametersOfAnotherShapeAreRefused() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = optimizer(block, "sgd");
    block.train(optimizer, 1, 1);
    block.parameter(1).close();
    NDList replaced = new NDList(open.manager().ones(new Shape(5)));
    block.parameter(1).setShape(null);
    block.parameter(1).setArray(replaced.get(0));
    replaced.get(0).setRequiresGradient(true);
    List<double[]> weights = block.values();
    block.backward(block.gradients(2));
    assertSays(assertThrows(IllegalStateException.class, optimizer::step), "p1", "(5)", "(4)");
    assertArrayEquals(weights.get(0), block.values(0), 0);
  }
}
