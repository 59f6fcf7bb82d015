package dev.pullback.optim;

import static dev.pullback.optim.Resources.assertSays;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import ai.djl.util.PairList;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What DJL's users write around a trainer, in the order they like, and what they get wrong. */
class DjlProgramsTest {

  private static final Shape INPUT = new Shape(MlpProblem.BATCH, MlpProblem.FEATURES);

  @AutoClose private final MlpProblem problem = new MlpProblem();
  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();
  @TempDir private Path folder;

  private StepOptimizer optimizer(StepOptimizerBuilder<?> builder) {
    return open.unbound(builder.optReportListener(reports::add));
  }

  private static StepOptimizerBuilder<?> rms() {
    return Optimizers.builder("sgd_rms", Map.of());
  }

  private void fit(DefaultTrainingConfig config) throws IOException, TranslateException {
    try (Trainer trainer = problem.newTrainer(config)) {
      EasyTrain.fit(trainer, 1, problem.dataset(1), problem.dataset(2));
    }
  }

  // Loading

  private void save(Block block) throws IOException {
    block.initialize(problem.model().getNDManager(), DataType.FLOAT32, INPUT);
    problem.model().save(folder, "mlp");
  }

  @Test
  void aLoadedModelTrains() throws IOException, MalformedModelException, TranslateException {
    Snapshot once;
    try (StepOptimizer optimizer = rms().build();
        MlpProblem fresh = new MlpProblem()) {
      fresh.train(optimizer, 1);
      once = Snapshot.of(fresh.block(), optimizer);
    }
    save(problem.block());
    try (StepOptimizer optimizer = rms().build();
        MlpProblem other = new MlpProblem()) {
      other.model().load(folder, "mlp");
      other.train(optimizer, 1);
      assertEquals(once, Snapshot.of(other.block(), optimizer));
    }
  }

  /**
   * DJL's trainer goes on with the arrays that it began with; what is loaded would stay as it is.
   */
  @Test
  void loadingWhileATrainerIsAtWorkIsRefused()
      throws IOException, MalformedModelException, TranslateException {
    save(problem.block());
    StepOptimizer optimizer = optimizer(rms());
    try (Trainer trainer = problem.newTrainer(MlpProblem.config(optimizer))) {
      EasyTrain.fit(trainer, 1, problem.dataset(1), null);
      problem.model().load(folder, "mlp");
      Snapshot before = Snapshot.of(problem.block(), optimizer);
      assertSays(
          assertThrows(
              IllegalStateException.class,
              () -> EasyTrain.fit(trainer, 1, problem.dataset(1), null)),
          "Linear_",
          "load before a trainer is created");
      assertEquals(before, Snapshot.of(problem.block(), optimizer));
    }
  }

  // Gradients of several backward passes

  /** Who knows the model before its parameters are there. */
  enum Order {
    INITIALISED_FIRST,
    BOUND_FIRST,
    LOADED_LAST
  }

  /** The norm of a step of three batches by a loop without a trainer. */
  private double normOfThreeBatches(Order order, boolean observed)
      throws IOException, TranslateException, MalformedModelException {
    save(problem.block());
    reports.clear();
    try (MlpProblem own = new MlpProblem();
        StepOptimizer optimizer =
            Optimizers.builder("adamw", Map.of()).optReportListener(reports::add).build()) {
      Loss plain = Loss.softmaxCrossEntropyLoss();
      Loss loss = observed ? optimizer.observe(plain) : plain;
      Block block = own.block();
      if (order != Order.INITIALISED_FIRST) {
        optimizer.bind(block);
      }
      if (order == Order.LOADED_LAST) {
        own.model().load(folder, "mlp");
      }
      block.initialize(own.model().getNDManager(), DataType.FLOAT32, INPUT);
      if (order == Order.INITIALISED_FIRST) {
        optimizer.bind(block);
      }
      ParameterStore store = new ParameterStore(own.model().getNDManager(), false);
      for (Batch batch : own.dataset(1).getData(own.model().getNDManager())) {
        try (batch;
            GradientCollector collector = Engine.getInstance().newGradientCollector()) {
          NDList predictions = block.forward(store, batch.getData(), true);
          collector.backward(loss.evaluate(batch.getLabels(), predictions));
        }
      }
      optimizer.step();
    }
    return reports.get(0).gradientNorm();
  }

  @ParameterizedTest
  @CsvSource({
    "BOUND_FIRST, true",
    "BOUND_FIRST, false",
    "LOADED_LAST, true",
    "INITIALISED_FIRST, true"
  })
  void gradientsAddUpFromTheFirstBatchOn(Order order, boolean observed)
      throws IOException, TranslateException, MalformedModelException {
    double norm = normOfThreeBatches(Order.INITIALISED_FIRST, false);
    assertEquals(norm, normOfThreeBatches(order, observed), 1e-6 * norm);
  }

  /** Without an observed loss nobody tells the optimiser of the loaded arrays before the step. */
  @Test
  void gradientsThatMayHaveBeenOverwrittenAreRefused()
      throws IOException, TranslateException, MalformedModelException {
    double norm = normOfThreeBatches(Order.INITIALISED_FIRST, false);
    double other;
    try {
      other = normOfThreeBatches(Order.LOADED_LAST, false);
    } catch (IllegalStateException e) {
      assertSays(e, "01Linear_weight", "optimizer.bind(block)");
      return;
    }
    assertEquals(norm, other, 1e-6 * norm);
  }

  /** As a trainer is used by hand: created first, the model initialised later. */
  @Test
  void aTrainerMayBeCreatedBeforeTheParameters() throws IOException, TranslateException {
    double[] norms = new double[2];
    for (int i = 0; i < 2; i++) {
      reports.clear();
      StepOptimizer optimizer = optimizer(Optimizers.builder("adamw", Map.of()));
      DefaultTrainingConfig unobserved =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      try (MlpProblem own = new MlpProblem()) {
        if (i == 0) {
          own.block().initialize(own.model().getNDManager(), DataType.FLOAT32, INPUT);
        }
        try (Trainer trainer = own.newTrainer(unobserved)) {
          for (Batch batch : trainer.iterateDataset(own.dataset(1))) {
            try (batch;
                GradientCollector collector = trainer.newGradientCollector()) {
              collector.backward(
                  trainer.getLoss().evaluate(batch.getLabels(), trainer.forward(batch.getData())));
            }
          }
          trainer.step();
        }
      }
      norms[i] = reports.get(0).gradientNorm();
    }
    assertEquals(norms[0], norms[1], 1e-6 * norms[0]);
  }

  // Mistakes

  @Test
  void anOptimiserThatIsNoListenerIsRefusedByTheFirstStep() throws IOException, TranslateException {
    StepOptimizer optimizer = optimizer(rms());
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optOptimizer(optimizer);
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> fit(config));
    assertSays(e, "addTrainingListeners(optimizer)");
    assertEquals(0, e.getSuppressed().length);
    assertDoesNotThrow(optimizer::close);
  }

  @Test
  void aBlockThatIsSetAfterTheTrainerIsNamedByPath() {
    StepOptimizer optimizer = optimizer(rms());
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> {
              try (Trainer trainer = problem.model().newTrainer(MlpProblem.config(optimizer))) {
                problem.model().setBlock(MlpProblem.newBlock());
                trainer.initialize(INPUT);
                EasyTrain.fit(trainer, 1, problem.dataset(1), null);
              }
            });
    assertSays(e, "Linear_", "model.setBlock before model.newTrainer");
    assertEquals(0, e.getSuppressed().length);
  }

  /** A block inside a function is not among its parent's children. */
  @Test
  void aChildThatIsNotRegisteredIsDescribed() {
    StepOptimizer optimizer = optimizer(rms());
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> {
              NDManager manager = problem.model().getNDManager();
              Block hidden = Linear.builder().setUnits(MlpProblem.CLASSES).build();
              hidden.initialize(manager, DataType.FLOAT32, new Shape(1, MlpProblem.HIDDEN));
              Block seen = Linear.builder().setUnits(MlpProblem.HIDDEN).build();
              problem.model().setBlock(new HiddenChild(seen, hidden));
              fit(MlpProblem.config(optimizer));
            });
    assertSays(e, "(3", "weight", "addChildBlock");
  }

  /** Forgets to register its second child. */
  private static final class HiddenChild extends AbstractBlock {

    private final Block seen;
    private final Block hidden;

    HiddenChild(Block seen, Block hidden) {
      this.seen = addChildBlock("seen", seen);
      this.hidden = hidden;
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList in, boolean training, PairList<String, Object> params) {
      return hidden.forward(store, seen.forward(store, in, training), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] in) {
      return hidden.getOutputShapes(seen.getOutputShapes(in));
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... in) {
      seen.initialize(manager, type, in);
    }
  }

  @Test
  void anotherDeviceThanTheModelsIsRefusedWhenTheTrainerIsCreated() {
    StepOptimizer optimizer = optimizer(rms());
    Device other = Device.of("elsewhere", 3);
    assertSays(
        assertThrows(
            IllegalStateException.class,
            () ->
                problem
                    .model()
                    .newTrainer(MlpProblem.config(optimizer).optDevices(new Device[] {other}))),
        "elsewhere",
        problem.model().getNDManager().getDevice().toString(),
        "optDevices");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aForgottenOptOptimizerIsHintedAt(boolean forgotten) throws IOException, TranslateException {
    StepOptimizer optimizer = optimizer(rms());
    DefaultTrainingConfig config = MlpProblem.config(optimizer);
    if (forgotten) {
      config =
          new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
              .addTrainingListeners(optimizer);
    }
    PrintStream err = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (PrintStream captured = new PrintStream(log, true, StandardCharsets.UTF_8)) {
      System.setErr(captured);
      fit(config);
    } finally {
      System.setErr(err);
    }
    String said = log.toString(StandardCharsets.UTF_8);
    assertEquals(forgotten, said.contains("add .optOptimizer(optimizer)"), said);
  }

  // Losses that are not finite

  /** DJL's divergence check sees the loss before the optimiser can leave the step out. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void skippingGoesOnBesidesDjlsDivergenceCheck(int bad) throws IOException, TranslateException {
    StepOptimizer optimizer = optimizer(rms().optNonFinite(NonFinitePolicy.SKIP));
    DefaultTrainingConfig config =
        MlpProblem.config(optimizer).addTrainingListeners(TrainingListener.Defaults.basic());
    ArrayDataset dataset = problem.dataset(1, bad * MlpProblem.BATCH);
    try (Trainer trainer = problem.newTrainer(config)) {
      EasyTrain.fit(trainer, 2, dataset, problem.dataset(2));
      float loss = trainer.getTrainingResult().getTrainLoss();
      assertTrue(loss > 0 && loss < 2, "mean of the batches that count: " + loss);
    }
    assertEquals(2, optimizer.skippedSteps());
    assertEquals(4, optimizer.steps());
  }
}
