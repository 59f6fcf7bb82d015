package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every optimiser must fulfil. A new one enters as one row. */
class OptimizerPropertiesTest {

  /** An optimiser with hyperparameters that suit the small problems of this class. */
  record Row(String name, Map<String, Double> hyperparameters) {

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rows() {
    return ALL.stream().filter(row -> Golden.canDo(row.name())).toList();
  }

  private static final List<Row> ALL =
      List.of(
          new Row("sgd_metric", Map.of("lr", 0.3)),
          new Row("sgd_log_metric", Map.of("lr", 0.3)),
          new Row("sgd_rms", Map.of("lr", 0.1, "weight_decay", 1e-4)),
          new Row("sgd", Map.of("lr", 0.05)),
          new Row("adam", Map.of("lr", 0.05)),
          new Row("adamw", Map.of("lr", 0.05, "weight_decay", 1e-3)),
          new Row("rmsprop", Map.of("lr", 0.03)),
          new Row("lion", Map.of("lr", 0.04)),
          new Row("muon", Map.of("lr", 0.05)),
          new Row("adopt", Map.of("lr", 0.1)),
          new Row("schedule_free", Map.of("lr", 0.1, "weight_decay", 1e-3)),
          new Row("sgd_rms_relative", Map.of("lr", 0.05)),
          new Row("sgd_rms_exact", Map.of("lr", 0.1, "weight_decay", 1e-4)),
          new Row("sgd_rms_cross", Map.of("lr", 0.1)),
          new Row("muon_metric", Map.of("lr", 0.05)),
          new Row("shampoo", Map.of("lr", 0.1, "every", 2.0, "eps", 0.01)),
          new Row("soap", Map.of("lr", 0.05, "every", 2.0)),
          new Row("soap_metric", Map.of("lr", 0.05, "every", 2.0)));

  static Stream<Arguments> rowsAndTypes() {
    return rows().stream()
        .flatMap(
            row ->
                Stream.of(DataType.FLOAT32, DataType.FLOAT64).map(type -> Arguments.of(row, type)));
  }

  @AutoClose private final Resources open = new Resources();

  @Test
  void everyOptimizerHasItsRow() {
    assertEquals(
        Optimizers.all().stream().map(OptimizerSpec::name).collect(Collectors.toSet()),
        ALL.stream().map(Row::name).collect(Collectors.toSet()));
    assertEquals(Optimizers.all().size(), ALL.size());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void reducesAQuadratic(Row row) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, row.name(), row.hyperparameters());
    double first = 0;
    double last = 0;
    for (int step = 0; step < 150; step++) {
      last = block.backwardQuadratic();
      first = step == 0 ? last : first;
      optimizer.observeLoss(last);
      optimizer.step();
    }
    assertTrue(last < 0.02 * first, "loss went from " + first + " to " + last);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void reducesTheLossOfAPerceptron(Row row) throws IOException, TranslateException {
    try (MlpProblem problem = new MlpProblem()) {
      List<StepReport> reports = problem.train(optimizer(row), 12);
      double first = reports.get(0).loss();
      double last = reports.get(reports.size() - 1).loss();
      assertTrue(last < 0.8 * first, "loss went from " + first + " to " + last);
    }
  }

  @ParameterizedTest
  @MethodSource("rowsAndTypes")
  void stateHasTheShapesItPromisesAndTheTypeOfTheParameter(Row row, DataType type) {
    TensorsBlock block =
        open.block(type).add(new double[0], type, 0).add(new double[0], type, 0, 3);
    StepOptimizer optimizer = open.optimizer(block, row.name(), row.hyperparameters());
    Map<String, Shape> promised = new HashMap<>();
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < block.getParameters().size(); i++) {
      ParameterInfo info = new ParameterInfo("p" + i, block.tensor(i).getShape(), type);
      optimizer
          .stateShapes(info)
          .forEach((name, shape) -> promised.put(info.path() + "/" + name, shape));
      shapes.add(info.shape());
    }

    block.train(optimizer, 1, 2);

    Map<String, NDArray> state = optimizer.state().arrays();
    assertEquals(
        promised,
        state.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().getShape())));
    state.forEach((name, array) -> assertEquals(type, array.getDataType(), name));
    for (int i = 0; i < shapes.size(); i++) {
      assertEquals(shapes.get(i), block.tensor(i).getShape());
      assertEquals(type, block.tensor(i).getDataType());
      assertTrue(block.tensor(i).hasGradient(), "still trainable");
    }
    assertTrue(block.values().stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void asksTheTrackersOncePerStepAndObeysThem(Row row) {
    List<Integer> asked = new ArrayList<>();
    List<Integer> decayAsked = new ArrayList<>();
    List<Double> reported = new ArrayList<>();
    Tracker learningRate =
        step -> {
          asked.add(step);
          return 0.125f / step;
        };
    Tracker weightDecay =
        step -> {
          decayAsked.add(step);
          return 0.25f * step;
        };
    TensorsBlock scheduled = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            scheduled,
            Optimizers.builder(row.name(), row.hyperparameters())
                .optLearningRateTracker(learningRate)
                .optWeightDecayTracker(weightDecay)
                .optReportListener(report -> reported.add(report.learningRate())));
    TensorsBlock fixed = open.block(DataType.FLOAT64);
    StepOptimizer constant =
        open.optimizer(
            fixed,
            Optimizers.builder(row.name(), row.hyperparameters())
                .optLearningRate(0.125)
                .optWeightDecay(0.25));

    scheduled.train(optimizer, 1, 1);
    fixed.train(constant, 1, 1);
    assertEquals(Snapshot.of(fixed, constant), Snapshot.of(scheduled, optimizer));

    scheduled.train(optimizer, 2, 4);
    fixed.train(constant, 2, 4);
    assertEquals(List.of(1, 2, 3, 4), asked);
    assertEquals(List.of(1, 2, 3, 4), decayAsked);
    assertEquals(0.125f / 3, reported.get(2));
    assertNotEquals(
        Snapshot.of(fixed, constant).weights(), Snapshot.of(scheduled, optimizer).weights());
  }

  @ParameterizedTest
  @MethodSource("rowsAndTypes")
  void aLearningRateOfZeroLeavesTheWeightsUntouched(Row row, DataType type) {
    TensorsBlock block = open.block(type);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder(row.name(), row.hyperparameters())
                .optWeightDecay(0.1)
                .optLearningRateTracker(Tracker.fixed(0)));
    Snapshot before = Snapshot.of(block, optimizer);
    block.train(optimizer, 1, 3);
    Snapshot after = Snapshot.of(block, optimizer);
    assertEquals(before.weights(), after.weights());
    assertEquals(3, after.step());
    assertTrue(
        after.state().get("p0/momentum").stream().anyMatch(m -> m != 0)
            || row.name().equals("rmsprop"),
        "the state still learns; RMSprop's momentum contains the learning rate");
  }

  @ParameterizedTest
  @MethodSource("rowsAndTypes")
  void accumulatesGradientsAndLosses(Row row, DataType type) {
    TensorsBlock twice = open.block(type);
    StepOptimizer half =
        open.optimizer(
            twice, Optimizers.builder(row.name(), row.hyperparameters()).setRescaleGrad(0.5f));
    TensorsBlock once = open.block(type);
    StepOptimizer whole = open.optimizer(once, row.name(), row.hyperparameters());
    for (int step = 1; step <= 3; step++) {
      List<double[]> first = twice.gradients(step);
      List<double[]> second = twice.gradients(100 + step);
      twice.backward(first);
      half.observeLoss(1.5);
      twice.backward(second);
      half.observeLoss(0.25);
      half.step();

      once.backward(mean(first, second));
      whole.observeLoss((1.5 + 0.25) / 2);
      whole.step();
    }
    double tolerance = type == DataType.FLOAT64 ? 1e-12 : 1e-6;
    for (int i = 0; i < once.values().size(); i++) {
      double difference = Golden.difference(once.values(i), twice.values(i), tolerance * 0.01);
      assertTrue(difference <= tolerance, "tensor " + i + ": relative difference " + difference);
    }
  }

  private static List<double[]> mean(List<double[]> a, List<double[]> b) {
    List<double[]> mean = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      double[] values = new double[a.get(i).length];
      for (int j = 0; j < values.length; j++) {
        values[j] = (a.get(i)[j] + b.get(i)[j]) / 2;
      }
      mean.add(values);
    }
    return mean;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void ignoresFrozenParameters(Row row) {
    TensorsBlock with = open.block(DataType.FLOAT64);
    with.parameter(1).freeze(true);
    TensorsBlock without =
        new TensorsBlock(open.manager())
            .add(with.values(0), DataType.FLOAT64, 2, 3)
            .add(with.values(2), DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(with, row.name(), row.hyperparameters());
    StepOptimizer twin = open.optimizer(without, row.name(), row.hyperparameters());
    double[] frozen = with.values(1);
    for (int step = 1; step <= 3; step++) {
      List<double[]> gradients = with.gradients(step);
      with.backward(gradients);
      without.backward(List.of(gradients.get(0), gradients.get(2)));
      optimizer.observeLoss(2.0 / step);
      twin.observeLoss(2.0 / step);
      optimizer.step();
      twin.step();
    }
    assertArrayEquals(frozen, with.values(1), 0);
    assertArrayEquals(without.values(0), with.values(0), 0);
    assertArrayEquals(without.values(1), with.values(2), 0);
    assertTrue(
        optimizer.state().arrays().keySet().stream().noneMatch(name -> name.startsWith("p1/")));
  }

  @ParameterizedTest
  @MethodSource("rowsAndTypes")
  void continuesBitForBitFromSavedState(Row row, DataType type, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("optimizer.safetensors");
    TensorsBlock block = open.block(type);
    StepOptimizer optimizer = open.optimizer(block, row.name(), row.hyperparameters());
    block.train(optimizer, 1, 3);
    optimizer.saveState(file);
    TensorsBlock resumed = new TensorsBlock(open.manager());
    for (int i = 0; i < block.values().size(); i++) {
      resumed.add(block.values(i), type, block.tensor(i).getShape().getShape());
    }
    block.train(optimizer, 4, 6);

    StepOptimizer loaded = open.optimizer(resumed, row.name(), row.hyperparameters());
    loaded.loadState(file);
    assertEquals(3, loaded.state().step());
    resumed.train(loaded, 4, 6);

    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(resumed, loaded));
  }

  /**
   * DJL's {@code copyTo} moves a PyTorch array to memory of the Java heap, which is freed while the
   * array still uses it. An array of the same memory shows whether that happens.
   */
  @ParameterizedTest
  @MethodSource("rowsAndTypes")
  void changesWeightsStateAndGradientsWhereTheyAre(Row row, DataType type) {
    TensorsBlock block = open.block(type);
    StepOptimizer optimizer = open.optimizer(block, row.name(), row.hyperparameters());
    block.train(optimizer, 1, 1);
    block.prepare(optimizer, 2);
    Map<String, NDArray> arrays = new TreeMap<>(optimizer.state().arrays());
    for (int i = 0; i < block.values().size(); i++) {
      arrays.put("weight " + i, block.tensor(i));
      arrays.put("gradient " + i, block.tensor(i).getGradient());
    }
    Map<String, NDArray> sameMemory = new TreeMap<>();
    arrays.forEach((name, array) -> sameMemory.put(name, array.stopGradient()));

    optimizer.step();

    arrays.forEach(
        (name, array) ->
            assertArrayEquals(
                array.toType(DataType.FLOAT64, true).toDoubleArray(),
                sameMemory.get(name).toType(DataType.FLOAT64, true).toDoubleArray(),
                name));
  }

  /** DJL's parameter ids, and with them the order of its calls, differ between processes. */
  @Test
  void isDeterministicAcrossProcesses()
      throws IOException, TranslateException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dai.djl.default_engine=" + Engine.getDefaultEngineName(),
                DeterminismMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> here = DeterminismMain.lines();
    List<String> there =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains("="))
            .toList();
    assertEquals(0, process.waitFor());
    assertEquals(here, there);
    assertEquals(rows().size(), here.stream().distinct().count());
  }

  private StepOptimizer optimizer(Row row) {
    return open.unbound(Optimizers.builder(row.name(), row.hyperparameters()));
  }
}
