package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import ai.djl.engine.Engine;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The native programs against the portable path, which is their reference; on PyTorch. */
class KernelsTest {

  private static final long[][] SHAPES = {{700, 601}, {3, 7}, {5}, {}, {2, 3, 4}};
  private static final int STEPS = 6;

  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();

  private static boolean hasPrograms(OptimizerSpec spec) {
    StepOptimizerBuilder<?> builder = spec.builder(Map.of());
    return NativeStep.missingProgram(builder.recipe().with(builder.averaging())).isEmpty();
  }

  static Stream<Arguments> optimizersAndTypes() {
    return Optimizers.all().stream()
        .filter(KernelsTest::hasPrograms)
        .flatMap(
            spec ->
                Stream.of(DataType.FLOAT32, DataType.FLOAT64)
                    .map(type -> Arguments.of(spec.name(), type)));
  }

  @BeforeEach
  void forgetReports() {
    reports.clear();
  }

  /** Matrices decay and others do not; gradients are rescaled and, now and then, clipped. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("optimizersAndTypes")
  void nativeStepsEqualPortableOnes(String name, DataType type) {
    double tolerance = type == DataType.FLOAT32 ? 1e-5 : 1e-12;
    TensorsBlock portable = train(name, type, Kernels.PORTABLE);
    List<StepReport> expected = List.copyOf(reports);
    TensorsBlock own = train(name, type, Kernels.NATIVE);
    for (int step = 0; step < STEPS; step++) {
      StepReport a = expected.get(step);
      StepReport b = reports.get(STEPS + step);
      assertClose(a.gradientNorm(), b.gradientNorm());
      assertClose(a.trace(), b.trace());
      assertClose(a.metricScale(), b.metricScale());
    }
    for (int i = 0; i < SHAPES.length; i++) {
      double largest = portable.tensor(i).abs().max().toType(DataType.FLOAT64, true).getDouble();
      // Muon's iteration amplifies rounding.
      double allowed = (name.equals("muon") ? 100 : 1) * tolerance * largest;
      assertArrayEquals(portable.values(i), own.values(i), allowed, name + ", tensor " + i);
    }
  }

  /** NaN is close to NaN: not every rule has a trace. */
  private static void assertClose(double expected, double actual) {
    if (!Double.isNaN(expected) || !Double.isNaN(actual)) {
      assertEquals(expected, actual, 2e-6 * Math.abs(expected));
    }
  }

  private TensorsBlock train(String name, DataType type, Kernels kernels) {
    TensorsBlock block = new TensorsBlock(open.manager());
    Random random = new Random(3);
    for (long[] shape : SHAPES) {
      int size = (int) new Shape(shape).size();
      block.add(random.doubles(size, -1, 1).toArray(), type, shape);
    }
    StepOptimizerBuilder<?> builder = Optimizers.builder(name, Map.of("lr", 0.01));
    builder.optKernels(kernels).optReportListener(reports::add);
    builder.optWeightDecay(0.1).optDecayMask(ParameterInfo::isMatrix);
    builder.setRescaleGrad(0.5f);
    builder.optClipGradientNorm(360); // the gradients' norms lie between 340 and 380
    block.train(open.optimizer(block, builder), 1, STEPS);
    return block;
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("optimizersAndTypes")
  void emptyTensorsDoNoHarm(String name, DataType type) {
    TensorsBlock block = new TensorsBlock(open.manager());
    block.add(new double[] {1, 2}, type, 2).add(new double[0], type, 0);
    StepOptimizerBuilder<?> builder = Optimizers.builder(name, Map.of("lr", 0.01));
    block.train(open.optimizer(block, builder.optKernels(Kernels.NATIVE)), 1, 2);
    assertTrue(block.values(0)[0] < 1 || block.values(0)[0] > 1);
  }

  /** GPUs take many arrays at once; the operators for that are on the CPU too. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void sumsAtOnceAreThoseByPieces(DataType type) {
    Random random = new Random(5);
    NDManager manager = open.manager();
    NDList gradients = new NDList();
    NDList squares = new NDList();
    for (int i = 0; i < 70; i++) {
      Shape shape = i == 33 ? new Shape(0) : new Shape(SHAPES[i % SHAPES.length]);
      int size = (int) shape.size();
      gradients.add(
          manager.create(random.doubles(size, -1, 1).toArray(), shape).toType(type, false));
      squares.add(manager.create(random.doubles(size, 0, 2).toArray(), shape).toType(type, false));
    }
    Program program =
        EngineSupport.of(gradients.head()).program(NativeStep.class, "optimizers").orElseThrow();
    Map<String, Object> arguments =
        Map.of("grads", gradients, "squares", squares, "beta", 0.99, "eps", 1e-3, "t", 3.0);
    double tolerance = type == DataType.FLOAT32 ? 1e-5 : 1e-12;
    double[] expected = program.run("rms_by_pieces", arguments);
    double[] sums = program.run("rms_at_once", arguments);
    for (int i = 0; i < 2; i++) {
      assertEquals(expected[i], sums[i], tolerance * expected[i]);
    }
  }

  /** Flat views of such a weight do not exist; the step is then portable. */
  @Test
  void aTransposedWeightIsTrainedPortably() {
    double[] updated = null;
    for (boolean transposed : new boolean[] {false, true}) {
      NDManager manager = open.manager();
      NDArray turned = manager.create(new float[] {0, 3, 1, 4, 2, 5}, new Shape(3, 2));
      NDArray weight = transposed ? turned.transpose() : manager.arange(6f).reshape(2, 3);
      weight.setRequiresGradient(true);
      TensorsBlock block = new TensorsBlock(manager).addArray("w", weight);
      StepOptimizer optimizer =
          open.optimizer(block, Optimizers.builder("sgd_rms", Map.of("lr", 0.1)));
      block.train(optimizer, 1, 3);
      if (updated == null) {
        updated = block.values(0);
      }
      assertArrayEquals(updated, block.values(0), 1e-6);
    }
  }

  @Test
  void nativeKernelsRefuseWhatTheyCannotDo() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(
            block, Optimizers.builder("adamw", Map.of()).optKernels(Kernels.NATIVE).optClipGrad(1));
    block.prepare(optimizer, 1);
    IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::step);
    Resources.assertSays(e, "no native step for adamw", "element by element", "portable");
  }

  static Stream<String> portableOnly() {
    return Optimizers.all().stream().filter(s -> !hasPrograms(s)).map(OptimizerSpec::name);
  }

  @Test
  void thePaperAndTheBaselinesHavePrograms() {
    for (String name : List.of("sgd_metric", "sgd_log_metric", "sgd_rms", "adamw", "muon")) {
      assertTrue(hasPrograms(Optimizers.byName(name)), name);
    }
  }

  @ParameterizedTest
  @MethodSource("portableOnly")
  void nativeKernelsNeverRunPortablyInSilence(String name) {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(block, Optimizers.builder(name, Map.of()).optKernels(Kernels.NATIVE));
    block.prepare(optimizer, 1);
    Snapshot before = Snapshot.of(block, optimizer);
    IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::step);
    Resources.assertSays(e, "no native step for " + name, "portable");
    assertEquals(before.weights(), Snapshot.of(block, optimizer).weights());
  }

  @Test
  void nativeKernelsRefuseWeightsWithoutFlatViews() {
    NDManager manager = open.manager();
    NDArray weight = manager.arange(6f).reshape(3, 2).transpose();
    weight.setRequiresGradient(true);
    TensorsBlock block = new TensorsBlock(manager).addArray("w", weight);
    StepOptimizer optimizer =
        open.optimizer(block, Optimizers.builder("adamw", Map.of()).optKernels(Kernels.NATIVE));
    block.prepare(optimizer, 1);
    IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::step);
    Resources.assertSays(e, "no native step for adamw", "contiguous");
  }

  static Stream<Arguments> optimizersAndKernels() {
    return Optimizers.all().stream()
        .flatMap(
            spec ->
                Stream.of(Kernels.values())
                    .filter(k -> k != Kernels.NATIVE || hasPrograms(spec))
                    .map(kernels -> Arguments.of(spec.name(), kernels)));
  }

  /** Two batches a step, in which a row occurs more than once. */
  @ParameterizedTest
  @MethodSource("optimizersAndKernels")
  void anEmbeddingWithSparseGradientsIsTrainedLikeADenseOne(String name, Kernels kernels) {
    float[] dense = trainEmbedding(SparseFormat.DENSE, name, kernels);
    assertFalse(Arrays.equals(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, dense));
    assertArrayEquals(dense, trainEmbedding(SparseFormat.COO, name, kernels));
  }

  private float[] trainEmbedding(SparseFormat format, String name, Kernels kernels) {
    Vocabulary vocabulary =
        DefaultVocabulary.builder().add(List.of("a", "b", "c", "d", "e")).build();
    TrainableWordEmbedding block =
        TrainableWordEmbedding.builder()
            .setVocabulary(vocabulary)
            .setEmbeddingSize(2)
            .optNumEmbeddings(5)
            .optSparseFormat(format)
            .optUseDefault(false)
            .build();
    NDManager manager = open.manager();
    block.initialize(manager, DataType.FLOAT32, new Shape(3));
    NDArray weight = block.getParameters().get(0).getValue().getArray();
    try (NDArray values = manager.arange(1f, 11f).reshape(5, 2)) {
      EngineSupport.of(weight).load(weight, values);
    }
    StepOptimizer optimizer =
        open.unbound(Optimizers.builder(name, Map.of("lr", 0.1)).optKernels(kernels));
    optimizer.bind(block);
    ParameterStore store = new ParameterStore(manager, false);
    for (int step = 0; step < 3; step++) {
      for (long[] tokens : new long[][] {{1, 3, 3}, {3, 0, 1}}) {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
          NDArray rows = block.forward(store, new NDList(manager.create(tokens)), true).head();
          NDArray loss = rows.mul(rows).sum();
          optimizer.observeLoss(loss);
          collector.backward(loss);
        }
      }
      optimizer.step();
    }
    return weight.toFloatArray();
  }

  @Test
  void aGradientThatIsNotFiniteIsReportedByItsName() {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(block, Optimizers.builder("sgd_rms", Map.of()).optKernels(Kernels.NATIVE));
    block.train(optimizer, 1, 1);
    Snapshot before = Snapshot.of(block, optimizer);
    List<double[]> gradients = block.gradients(2);
    gradients.get(1)[0] = Double.NaN;
    block.backward(gradients);
    TrainingDivergedException e = assertThrows(TrainingDivergedException.class, optimizer::step);
    Resources.assertSays(e, "p1");
    assertEquals(before, Snapshot.of(block, optimizer));
    for (Parameter parameter : block.getParameters().values()) {
      assertEquals(0, parameter.getArray().getGradient().abs().sum().getFloat());
    }
  }
}
