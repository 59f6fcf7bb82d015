package dev.pullback.optim;

import static dev.pullback.optim.Resources.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.types.DataType;
import ai.djl.training.tracker.FixedPerVarTracker;
import dev.pullback.engine.HostValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weight decay, clipping, rescaling, and the ranges of all hyperparameters. */
class StepSettingsTest {

  private static final double RATE = 0.5;

  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();

  /** Plain gradient descent, in which every setting can be seen. */
  private StepOptimizerBuilder<?> descent() {
    return Optimizers.builder("sgd", Map.of("lr", RATE, "momentum", 0.0))
        .optReportListener(reports::add);
  }

  private static List<double[]> map(List<double[]> arrays, DoubleUnaryOperator f) {
    return arrays.stream().map(a -> Arrays.stream(a).map(f).toArray()).toList();
  }

  private static double norm(List<double[]> arrays) {
    return Math.sqrt(arrays.stream().flatMapToDouble(Arrays::stream).map(x -> x * x).sum());
  }

  /** Asserts θ = factor · θ₀ - η g for every element. */
  private static void assertStep(
      List<double[]> before, double factor, List<double[]> gradients, List<double[]> after) {
    for (int i = 0; i < before.size(); i++) {
      double[] expected = new double[before.get(i).length];
      for (int j = 0; j < expected.length; j++) {
        expected[j] = before.get(i)[j] * factor - RATE * gradients.get(i)[j];
      }
      assertArrayEquals(expected, after.get(i), 1e-14, "tensor " + i);
    }
  }

  // Weight decay

  @Test
  void decayIsDecoupled() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    StepOptimizer optimizer = open.optimizer(block, descent().optWeightDecay(0.2));
    block.train(optimizer, 1, 1);
    assertStep(before, 1 - RATE * 0.2, block.gradients(1), block.values());
  }

  @Test
  void decayIsNotMultipliedByTheMetricScale() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    Map<String, Double> hyperparameters = Map.of("xi", 100.0, "lr", RATE);
    StepOptimizer optimizer =
        open.optimizer(
            block, Optimizers.builder("sgd_metric", hyperparameters).optWeightDecay(0.2));
    StepOptimizer twin = open.optimizer(twinBlock, "sgd_metric", hyperparameters);
    block.train(optimizer, 1, 1);
    twinBlock.train(twin, 1, 1);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < before.get(i).length; j++) {
        assertEquals(
            RATE * 0.2 * before.get(i)[j], twinBlock.values(i)[j] - block.values(i)[j], 1e-14);
      }
    }
  }

  /** The first step only looks. */
  @Test
  void adoptDoesNotDecayBeforeItMoves() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, "adopt", Map.of("lr", RATE, "weight_decay", 0.2));
    StepOptimizer twin = open.optimizer(twinBlock, "adopt", Map.of("lr", RATE));
    List<double[]> before = block.values();
    block.train(optimizer, 1, 1);
    twinBlock.train(twin, 1, 1);
    assertArrayEquals(before.get(0), block.values(0), 0);
    block.train(optimizer, 2, 2);
    twinBlock.train(twin, 2, 2);
    for (int j = 0; j < before.get(0).length; j++) {
      assertEquals(
          RATE * 0.2 * before.get(0)[j], twinBlock.values(0)[j] - block.values(0)[j], 1e-14);
    }
  }

  static Stream<Arguments> masks() {
    Predicate<ParameterInfo> byPath = p -> p.path().equals("p1");
    Predicate<ParameterInfo> byShape = p -> p.shape().dimension() == 0;
    List<Arguments> masks = new ArrayList<>();
    masks.add(mask("by path", b -> b.optDecayMask(byPath), "p1"));
    masks.add(mask("by shape", b -> b.optDecayMask(byShape), "p2"));
    masks.add(mask("matrices only", b -> b.optDecayMatricesOnly(), "p0"));
    masks.add(mask("all", b -> {}, "p0 p1 p2"));
    return masks.stream();
  }

  private static Arguments mask(
      String name, Consumer<StepOptimizerBuilder<?>> mask, String decaying) {
    return Arguments.of(name, mask, decaying);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("masks")
  void theMaskChoosesWhatDecays(
      String name, Consumer<StepOptimizerBuilder<?>> mask, String decaying) {
    assertEquals(decaying, decaying(descent(), mask));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("masks")
  void muonNeverDecaysAnythingButMatrices(
      String name, Consumer<StepOptimizerBuilder<?>> mask, String decaying) {
    String expected = decaying.contains("p0") ? "p0" : "";
    assertEquals(expected, decaying(Optimizers.builder("muon", Map.of("lr", RATE)), mask));
  }

  /** Takes a step without gradients and returns which weights shrank to the decayed value. */
  private String decaying(StepOptimizerBuilder<?> builder, Consumer<StepOptimizerBuilder<?>> mask) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    builder.optWeightDecay(0.2);
    mask.accept(builder);
    StepOptimizer optimizer = open.optimizer(block, builder);
    block.backward(map(block.gradients(1), g -> 0));
    optimizer.step();
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      if (!Arrays.equals(before.get(i), block.values(i))) {
        double[] decayed = Arrays.stream(before.get(i)).map(w -> w * (1 - RATE * 0.2)).toArray();
        assertArrayEquals(decayed, block.values(i), 1e-15);
        changed.add("p" + i);
      }
    }
    return String.join(" ", changed);
  }

  // Rescaling and clipping

  @Test
  void clipsByTheNormOfTheWholeModel() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    double norm = norm(block.gradients(1));
    StepOptimizer optimizer = open.optimizer(block, descent().optClipGradientNorm(norm / 3));
    block.train(optimizer, 1, 1);
    assertStep(before, 1, map(block.gradients(1), g -> g / 3), block.values());
    assertEquals(norm, reports.get(0).gradientNorm(), 1e-14);
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT32", "FLOAT64"})
  void aGradientWithinTheNormIsNotTouched(DataType type) {
    TensorsBlock block = open.block(type);
    TensorsBlock twinBlock = open.block(type);
    StepOptimizer optimizer = open.optimizer(block, descent().optClipGradientNorm(100));
    StepOptimizer twin = open.optimizer(twinBlock, descent());
    block.train(optimizer, 1, 3);
    twinBlock.train(twin, 1, 3);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void clipsElementsOnBothSides() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    StepOptimizer optimizer = open.optimizer(block, descent().optClipGrad(0.5f));
    block.train(optimizer, 1, 1);
    List<double[]> clipped = map(block.gradients(1), g -> Math.max(-0.5, Math.min(0.5, g)));
    assertStep(before, 1, clipped, block.values());
    assertEquals(norm(clipped), reports.get(0).gradientNorm(), 1e-14);
  }

  @Test
  void rescalesThenClipsElementsThenTheNorm() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    StepOptimizer optimizer =
        open.optimizer(
            block, descent().setRescaleGrad(2).optClipGrad(0.75f).optClipGradientNorm(0.5));
    block.train(optimizer, 1, 1);
    List<double[]> clipped = map(block.gradients(1), g -> Math.max(-0.75, Math.min(0.75, 2 * g)));
    double norm = norm(clipped);
    assertStep(before, 1, map(clipped, g -> g * 0.5 / norm), block.values());
    assertEquals(norm, reports.get(0).gradientNorm(), 1e-14);
  }

  @Test
  void theInfiniteIsNotClippedIntoAnOrdinaryGradient() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, descent().optClipGrad(1).optNonFinite(NonFinitePolicy.SKIP));
    List<double[]> gradients = block.gradients(1);
    gradients.get(0)[0] = Double.POSITIVE_INFINITY;
    block.backward(gradients);
    optimizer.step();
    assertEquals(1, optimizer.skippedSteps());
  }

  @Test
  void componentsAreNotClippedByElement() {
    InducedMetric.Builder builder = InducedMetric.sgdRms().optComponents(2).optClipGrad(1);
    assertSays(
        assertThrows(IllegalArgumentException.class, builder::build),
        "optClipGrad",
        "optClipGradientNorm");
    open.unbound(builder.optClipGrad(-1));
  }

  @Test
  void oneComponentIsClippedAsTheWholeLoss() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, InducedMetric.sgdRms().optExact().optClipGrad(0.5f));
    StepOptimizer twin =
        open.optimizer(twinBlock, InducedMetric.sgdRms().optExact().optClipGrad(0.5f));
    block.backward(block.gradients(1));
    optimizer.endComponent(HostValues.on(open.manager()).create(1.0));
    twinBlock.backward(twinBlock.gradients(1));
    twin.observeLoss(1);
    optimizer.step();
    twin.step();
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void rescalesTheLossWithTheGradient() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    TensorsBlock twinBlock = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            Optimizers.builder("sgd_log_metric", Map.of())
                .setRescaleGrad(0.25f)
                .optReportListener(reports::add));
    StepOptimizer twin = open.optimizer(twinBlock, "sgd_log_metric", Map.of());
    block.backward(block.gradients(1));
    optimizer.observeLoss(6);
    optimizer.step();
    twinBlock.backward(map(twinBlock.gradients(1), g -> 0.25 * g));
    twin.observeLoss(1.5);
    twin.step();
    assertEquals(1.5, reports.get(0).loss());
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
  }

  @Test
  void beginNumUpdateShiftsTheTrackers() {
    List<Integer> asked = new ArrayList<>();
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            descent()
                .optBeginNumUpdate(10)
                .optLearningRateTracker(
                    step -> {
                      asked.add(step);
                      return 0.1f;
                    }));
    block.train(optimizer, 1, 2);
    assertEquals(List.of(11, 12), asked);
    assertEquals(1, reports.get(0).step());
  }

  // Ranges and names

  private static boolean isRateOfAverage(String name) {
    return name.contains("beta") || name.equals("momentum") || name.equals("decay");
  }

  static Stream<Arguments> outOfRange() {
    return Golden.optimizers().stream()
        .flatMap(
            spec ->
                Stream.concat(Stream.of("lr", "weight_decay"), spec.defaults().keySet().stream())
                    .sorted()
                    .flatMap(
                        h ->
                            DoubleStream.of(Double.NaN, Double.POSITIVE_INFINITY, -0.1, 1)
                                .filter(bad -> bad != 1 || isRateOfAverage(h))
                                .filter(bad -> bad != -0.1 || !h.equals("coupling"))
                                .mapToObj(bad -> Arguments.of(spec.name(), h, bad))));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void hyperparametersOutOfRangeAreNamed(String optimizer, String hyperparameter, double bad) {
    String name =
        Map.of("lr", "learning rate", "weight_decay", "weight decay")
            .getOrDefault(hyperparameter, hyperparameter);
    assertSays(
        assertThrows(
            IllegalArgumentException.class,
            () -> Optimizers.builder(optimizer, Map.of(hyperparameter, bad)).build()),
        name,
        String.valueOf(bad));
  }

  @ParameterizedTest
  @MethodSource("optimizerNames")
  void zeroIsInEveryRange(String name) {
    Map<String, Double> zeros = new HashMap<>(Map.of("lr", 0.0, "weight_decay", 0.0));
    Optimizers.byName(name).defaults().keySet().forEach(h -> zeros.put(h, 0.0));
    List.of("every", "longest_side").forEach(h -> zeros.computeIfPresent(h, (k, v) -> 1.0));
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, name, zeros);
    List<double[]> before = block.values();
    block.train(optimizer, 1, 1);
    assertArrayEquals(before.get(0), block.values(0), 0);
  }

  static Stream<String> optimizerNames() {
    return Golden.optimizers().stream().map(OptimizerSpec::name);
  }

  static Stream<Arguments> badSettings() {
    Map<String, Consumer<InducedMetric.Builder>> settings = new HashMap<>();
    for (double bad : new double[] {Double.NaN, -0.5, Double.POSITIVE_INFINITY}) {
      settings.put("xi " + bad, b -> b.optXi(bad));
      settings.put("beta " + bad, b -> b.optBeta(bad));
      settings.put("momentum " + bad, b -> b.optMomentum(bad));
      settings.put("beta_rms " + bad, b -> b.optRms(bad, 1e-8));
      settings.put("eps " + bad, b -> b.optRms(0.9, bad));
      settings.put("norm " + bad, b -> b.optClipGradientNorm(bad));
      settings.put("rescaleGrad " + bad, b -> b.setRescaleGrad((float) bad));
      settings.put("learning rate " + bad, b -> b.optLearningRate(bad));
      settings.put("weight decay " + bad, b -> b.optWeightDecay(bad));
      settings.put("weight decay  " + bad, b -> b.optWeightDecays((float) bad));
    }
    settings.put("clipGrad NaN", b -> b.optClipGrad(Float.NaN));
    settings.put("beginNumUpdate -1", b -> b.optBeginNumUpdate(-1));
    settings.put("norm 0.0", b -> b.optClipGradientNorm(0));
    settings.put("rescaleGrad 0.0", b -> b.setRescaleGrad(0));
    return settings.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badSettings")
  void theBuilderRefusesValuesOutOfRange(String what, Consumer<InducedMetric.Builder> setting) {
    InducedMetric.Builder builder = InducedMetric.sgdRms();
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> setting.accept(builder)),
        what.replaceAll(" +[^ ]*$", ""),
        what.replaceAll("^.* ", ""));
  }

  @Test
  void negativeElementClippingTurnsItOff() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<double[]> before = block.values();
    StepOptimizer optimizer = open.optimizer(block, descent().optClipGrad(0.1f).optClipGrad(-1));
    block.train(optimizer, 1, 1);
    assertStep(before, 1, block.gradients(1), block.values());
  }

  @Test
  void anUnknownOptimizerIsAnsweredWithTheKnownOnes() {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> Optimizers.byName("adagrad"));
    assertSays(error, "'adagrad'");
    optimizerNames().forEach(name -> assertSays(error, name));
  }

  @ParameterizedTest
  @MethodSource("optimizerNames")
  void anUnknownHyperparameterIsAnsweredWithTheKnownOnes(String name) {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Optimizers.builder(name, Map.of("learning_rate", 0.1)));
    assertSays(error, name, "learning_rate", "lr, weight_decay");
    Optimizers.byName(name).defaults().keySet().forEach(h -> assertSays(error, h));
  }

  @ParameterizedTest
  @MethodSource("optimizerNames")
  void everyHyperparameterHasAnEffect(String name) {
    Map<String, Double> other = new HashMap<>(Map.of("lr", 0.013, "weight_decay", 0.3));
    Optimizers.byName(name)
        .defaults()
        .forEach((h, value) -> other.put(h, value == 0 ? 0.5 : h.equals("eps") ? 10 : value / 2));
    List.of("every", "longest_side", "block")
        .forEach(h -> other.computeIfPresent(h, (k, v) -> 1.0));
    Snapshot defaults = afterThreeSteps(name, Map.of("weight_decay", 0.1));
    other.forEach(
        (h, value) ->
            assertNotEquals(
                defaults.weights(), afterThreeSteps(name, with(h, value)).weights(), h));
  }

  private static Map<String, Double> with(String hyperparameter, double value) {
    Map<String, Double> values = new HashMap<>(Map.of("weight_decay", 0.1));
    values.put(hyperparameter, value);
    return values;
  }

  private Snapshot afterThreeSteps(String name, Map<String, Double> hyperparameters) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, name, hyperparameters);
    block.train(optimizer, 1, 3);
    return Snapshot.of(block, optimizer);
  }

  /** As in DJL's example of transfer learning. */
  @Test
  void eachParameterMayHaveALearningRateOfItsOwn() {
    for (Kernels kernels : new Kernels[] {Kernels.AUTO, Kernels.PORTABLE}) {
      TensorsBlock block = open.block(DataType.FLOAT64);
      FixedPerVarTracker rates =
          FixedPerVarTracker.builder()
              .setDefaultValue((float) RATE)
              .put(block.parameter(1).getId(), 0.125f)
              .put(block.parameter(2).getId(), 0)
              .build();
      StepOptimizer optimizer =
          open.optimizer(
              block,
              descent().optLearningRateTracker(rates).optWeightDecay(0.25).optKernels(kernels));
      List<double[]> before = block.values();
      List<double[]> gradients = block.gradients(1);
      block.backward(gradients);
      optimizer.step();
      double[] own = {RATE, 0.125, 0};
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < before.get(i).length; j++) {
          assertEquals(
              before.get(i)[j] * (1 - own[i] * 0.25) - own[i] * gradients.get(i)[j],
              block.values(i)[j],
              1e-14,
              "tensor " + i);
        }
      }
    }
  }

  /** A row for each step; the second parameter's column is also taken as a rate of all. */
  private static final float[][] RATES = {
    {0.1f, 0, 0.2f},
    {0.2f, 0.1f, 0.1f},
    {0.1f, 0.05f, 0},
    {0, 0.2f, 0.1f},
    {0.3f, 0, 0.2f},
    {0.1f, 0.1f, 0.3f}
  };

  static Stream<Arguments> ratesAndKernels() {
    return Stream.of(true, false)
        .flatMap(each -> Golden.kernels().stream().map(kernels -> Arguments.of(each, kernels)));
  }

  /** b ← μ b + η u, from 0 again after a step with η = 0. */
  @ParameterizedTest
  @MethodSource("ratesAndKernels")
  void theMomentumOfRmsPropBelongsToItsRate(boolean each, Kernels kernels) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    List<String> ids = Stream.of(0, 1, 2).map(i -> block.parameter(i).getId()).toList();
    StepOptimizerBuilder<?> builder = StepOptimizer.builder(Rules.rmsProp(0.9, 0.8, 1e-8));
    builder.optKernels(kernels).optReportListener(reports::add);
    if (each) {
      builder.optLearningRateTracker((id, step) -> RATES[step - 1][ids.indexOf(id)]);
    } else {
      builder.optLearningRateTracker(step -> RATES[step - 1][1]);
    }
    StepOptimizer optimizer = open.optimizer(block, builder);
    List<double[]> expected = block.values();
    List<double[]> squares = map(expected, w -> 0);
    List<double[]> moves = map(expected, w -> 0);
    for (int step = 1; step <= RATES.length; step++) {
      for (int i = 0; i < 3; i++) {
        double rate = RATES[step - 1][each ? i : 1];
        double[] g = block.gradients(step).get(i);
        for (int j = 0; j < g.length; j++) {
          double v = 0.9 * squares.get(i)[j] + 0.1 * g[j] * g[j];
          double b = rate == 0 ? 0 : 0.8 * moves.get(i)[j] + rate * g[j] / Math.sqrt(v + 1e-8);
          squares.get(i)[j] = v;
          moves.get(i)[j] = b;
          expected.get(i)[j] -= b;
        }
      }
      block.train(optimizer, step, step);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(expected.get(i), block.values(i), 1e-12, "tensor %d".formatted(i));
      }
    }
  }
}
