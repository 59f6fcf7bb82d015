package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Averages of weights, against plain Java. */
class WeightAveragingTest {

  private static final int STEPS = 7;
  private static final double TOLERANCE = 1e-13;

  @AutoClose private final Resources open = new Resources();

  static List<WeightAveraging> averagings() {
    return List.of(WeightAveraging.exponential(0.7), WeightAveraging.scheduleFree(0.8));
  }

  @ParameterizedTest
  @MethodSource("dev.pullback.optim.Golden#kernels")
  void theExponentialAverageFollowsTheWeights(Kernels kernels) {
    TensorsBlock plain = open.block(DataType.FLOAT64);
    StepOptimizer base = open.optimizer(plain, builder(null));
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, builder(WeightAveraging.exponential(0.7)).optKernels(kernels));
    double[] average = block.values(0);
    for (int step = 1; step <= STEPS; step++) {
      plain.train(base, step, step);
      block.train(optimizer, step, step);
      assertArrayEquals(plain.values(0), block.values(0), TOLERANCE, "training is as before");
      for (int i = 0; i < average.length; i++) {
        average[i] = 0.7 * average[i] + 0.3 * block.values(0)[i];
      }
    }
    double[] evaluated = optimizer.withEvaluationWeights(() -> block.values(0));
    assertArrayEquals(average, evaluated, TOLERANCE);
  }

  /** z, x and y of the paper's algorithm, over the sign-free Adam direction of one element. */
  @Test
  void scheduleFreeFollowsThePaper() {
    double rate = 0.1;
    double decay = 0.01;
    double beta = 0.8;
    double betaRms = 0.9;
    TensorsBlock block = new TensorsBlock(open.manager());
    block.add(new double[] {0.5}, DataType.FLOAT64, 1);
    StepOptimizerBuilder<?> builder = StepOptimizer.builder(Rules.adam(0, betaRms, 1e-8));
    builder.optLearningRateTracker(step -> step == 1 ? 0.05f : 0.1f).optWeightDecay(decay);
    builder.optWeightAveraging(WeightAveraging.scheduleFree(beta));
    StepOptimizer optimizer = open.optimizer(block, builder);
    double z = 0.5;
    double x = 0.5;
    double y = 0.5;
    double v = 0;
    double sum = 0;
    for (int t = 1; t <= STEPS; t++) {
      double eta = t == 1 ? 0.05f : 0.1f;
      double g = y - 2 + 0.3 * t;
      block.backward(List.of(new double[] {g}));
      optimizer.step();
      v = betaRms * v + (1 - betaRms) * g * g;
      double d = g / (Math.sqrt(v / (1 - Math.pow(betaRms, t))) + 1e-8);
      z -= eta * (d + decay * y);
      sum += eta * eta;
      x += eta * eta / sum * (z - x);
      y = (1 - beta) * z + beta * x;
      assertArrayEquals(new double[] {y}, block.values(0), TOLERANCE, "step " + t + " of " + rate);
    }
    double[] evaluated = optimizer.withEvaluationWeights(() -> block.values(0));
    assertArrayEquals(new double[] {x}, evaluated, TOLERANCE);
    assertArrayEquals(new double[] {y}, block.values(0), TOLERANCE);
  }

  /** The model is kept with the average, the state has the weights that are trained. */
  @ParameterizedTest
  @MethodSource("averagings")
  void aModelSavedWithItsAverageContinuesBitForBit(WeightAveraging averaging, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("state.safetensors");
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, builder(averaging));
    block.train(optimizer, 1, 3);
    TensorsBlock resumed = new TensorsBlock(open.manager());
    optimizer.withEvaluationWeights(
        () -> {
          for (int i = 0; i < block.values().size(); i++) {
            resumed.add(block.values(i), DataType.FLOAT32, block.tensor(i).getShape().getShape());
          }
          optimizer.saveState(file);
          return resumed;
        });
    assertNotEquals(Snapshot.of(block, optimizer).weights(), resumed.values());
    StepOptimizer loaded = open.optimizer(resumed, builder(averaging));
    loaded.loadState(file);
    block.train(optimizer, 4, 6);
    resumed.train(loaded, 4, 6);
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(resumed, loaded));
  }

  /** A layer that is frozen later belongs to the average, and its weight to the state. */
  @ParameterizedTest
  @MethodSource("averagings")
  void aParameterThatIsFrozenLaterKeepsItsAverage(WeightAveraging averaging, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("state.safetensors");
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, builder(averaging));
    block.train(optimizer, 1, 2);
    double[] average = optimizer.withEvaluationWeights(() -> block.values(1));
    block.parameter(1).freeze(true);
    block.train(optimizer, 3, 3);
    TensorsBlock resumed = new TensorsBlock(open.manager());
    optimizer.withEvaluationWeights(
        () -> {
          assertArrayEquals(average, block.values(1));
          for (int i = 0; i < block.values().size(); i++) {
            resumed.add(block.values(i), DataType.FLOAT32, block.tensor(i).getShape().getShape());
          }
          optimizer.saveState(file);
          return resumed;
        });
    StepOptimizer loaded = open.optimizer(resumed, builder(averaging));
    resumed.parameter(1).freeze(true);
    loaded.loadState(file);
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(resumed, loaded));
    block.parameter(1).freeze(false);
    resumed.parameter(1).freeze(false);
    block.train(optimizer, 4, 5);
    resumed.train(loaded, 4, 5);
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(resumed, loaded));
  }

  /** It has no average: state begins with it while the average is in the model. */
  @Test
  void aParameterThatWasNeverTrainedIsSavedWithTheAverageInTheModel(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("state.safetensors");
    TensorsBlock block = open.block(DataType.FLOAT32);
    block.parameter(1).freeze(true);
    WeightAveraging averaging = WeightAveraging.exponential(0.9);
    StepOptimizer optimizer = open.optimizer(block, builder(averaging));
    block.train(optimizer, 1, 2);
    block.parameter(1).freeze(false);
    optimizer.withEvaluationWeights(
        () -> {
          optimizer.saveState(file);
          return file;
        });
    TensorsBlock resumed = open.block(DataType.FLOAT32);
    StepOptimizer loaded = open.optimizer(resumed, builder(averaging));
    loaded.loadState(file);
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(resumed, loaded));
  }

  @Test
  void noStepIsTakenWithTheAverage() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, builder(WeightAveraging.exponential(0.9)));
    block.train(optimizer, 1, 1);
    block.prepare(optimizer, 2);
    Executable again = () -> optimizer.withEvaluationWeights(() -> block);
    optimizer.withEvaluationWeights(
        () -> {
          Resources.assertSays(
              assertThrows(IllegalStateException.class, optimizer::step), "withEvaluationWeights");
          return assertThrows(IllegalStateException.class, again);
        });
    optimizer.step();
    assertEquals(2, optimizer.steps());
  }

  /** The trained weights would overwrite what was loaded, or be gone. */
  @Test
  void nothingIsLoadedOrClosedWithTheAverage(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("state.safetensors");
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, builder(WeightAveraging.exponential(0.9)));
    block.train(optimizer, 1, 1);
    optimizer.saveState(file);
    block.train(optimizer, 2, 2);
    Snapshot before = Snapshot.of(block, optimizer);
    optimizer.withEvaluationWeights(
        () -> {
          for (Executable use :
              List.<Executable>of(() -> optimizer.loadState(file), optimizer::close)) {
            Resources.assertSays(
                assertThrows(IllegalStateException.class, use), "withEvaluationWeights");
          }
          return file;
        });
    assertEquals(before, Snapshot.of(block, optimizer));
    optimizer.loadState(file);
    assertEquals(1, optimizer.steps());
  }

  @Test
  void stateWithoutTheAverageIsRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("state.safetensors");
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer plain = open.optimizer(block, builder(null));
    block.train(plain, 1, 1);
    plain.saveState(file);
    StepOptimizer other =
        open.optimizer(open.block(DataType.FLOAT32), builder(WeightAveraging.exponential(0.9)));
    assertThrows(IllegalArgumentException.class, () -> other.loadState(file));
  }

  @Test
  void withoutAnAverageTheWeightsStay() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, builder(null));
    block.train(optimizer, 1, 1);
    List<double[]> before = block.values();
    double[] evaluated = optimizer.withEvaluationWeights(() -> block.values(0));
    assertArrayEquals(before.get(0), evaluated);
  }

  private static StepOptimizerBuilder<?> builder(WeightAveraging averaging) {
    StepOptimizerBuilder<?> builder = Optimizers.builder("adamw", Map.of("lr", 0.05));
    builder.optWeightAveraging(averaging);
    return builder;
  }

  @Test
  void oneAverageIsKept() {
    StepOptimizerBuilder<?> builder = Optimizers.builder("schedule_free", Map.of());
    WeightAveraging second = WeightAveraging.exponential(0.9);
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> builder.optWeightAveraging(second));
    assertTrue(e.getMessage().contains("averaged already"), e.getMessage());
  }
}
