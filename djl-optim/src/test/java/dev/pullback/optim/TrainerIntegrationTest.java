package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import ai.djl.util.NativeResource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole training programs, as users of DJL write them. */
class TrainerIntegrationTest {

  @AutoClose private final MlpProblem problem = new MlpProblem();
  private final List<StepReport> reports = new ArrayList<>();

  /** Records every loss that is computed to be differentiated, as an independent witness. */
  private static final class RecordingLoss extends Loss {

    private final Loss loss = Loss.softmaxCrossEntropyLoss();
    private final List<Double> differentiated = new ArrayList<>();
    private boolean evaluating;
    private int evaluations;

    RecordingLoss() {
      super("recording");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      NDArray value = loss.evaluate(labels, predictions);
      if (evaluating) {
        evaluations++;
      } else {
        differentiated.add((double) value.getFloat());
      }
      return value;
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
      evaluate(() -> super.updateAccumulators(keys, labels, predictions));
    }

    /** Runs what computes losses only to look at them. */
    void evaluate(Runnable evaluation) {
      evaluating = true;
      evaluation.run();
      evaluating = false;
    }
  }

  static Stream<Arguments> listeners() {
    return Stream.of(
        Arguments.of("evaluator", new TrainingListener[] {new EvaluatorTrainingListener()}),
        Arguments.of("basic", TrainingListener.Defaults.basic()),
        Arguments.of("none", new TrainingListener[0]));
  }

  /** The three lines of the README. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("listeners")
  void threeLinesAreEnough(String name, TrainingListener... listeners)
      throws IOException, TranslateException {
    try (StepOptimizer optimizer =
        InducedMetric.sgdRms().optLearningRate(0.1).optReportListener(reports::add).build()) {
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer)
              .addTrainingListeners(listeners)
              .addEvaluator(new Accuracy());
      try (Trainer trainer = problem.newTrainer(config)) {
        EasyTrain.fit(trainer, 10, problem.dataset(1), problem.dataset(2));
      }
    }
    assertEquals(30, reports.size());
    assertTrue(
        reports.get(29).loss() < 0.6 * reports.get(0).loss(),
        "from " + reports.get(0).loss() + " to " + reports.get(29).loss());
  }

  /** Evaluators, validation and a curious listener all compute the loss, too. */
  @Test
  void theObservedLossIsTheOneThatWasDifferentiated() throws IOException, TranslateException {
    RecordingLoss loss = new RecordingLoss();
    List<Float> seen = new ArrayList<>();
    TrainingListener curious =
        new TrainingListenerAdapter() {
          @Override
          public void onTrainingBatch(Trainer trainer, BatchData data) {
            evaluate(trainer, data);
          }

          @Override
          public void onValidationBatch(Trainer trainer, BatchData data) {
            evaluate(trainer, data);
          }

          private void evaluate(Trainer trainer, BatchData data) {
            NDList labels = data.getLabels().values().iterator().next();
            NDList predictions = data.getPredictions().values().iterator().next();
            loss.evaluate(
                () -> seen.add(trainer.getLoss().evaluate(labels, predictions).getFloat()));
          }
        };
    try (StepOptimizer optimizer =
        InducedMetric.sgdLogMetric().optReportListener(reports::add).build()) {
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(loss))
              .optOptimizer(optimizer)
              .addTrainingListeners(curious)
              .addTrainingListeners(TrainingListener.Defaults.basic())
              .addTrainingListeners(optimizer)
              .addEvaluator(new Accuracy());
      try (Trainer trainer = problem.newTrainer(config)) {
        EasyTrain.fit(trainer, 2, problem.dataset(1), problem.dataset(2));
        assertTrue(trainer.getTrainingResult().getValidateLoss() > 0, "DJL's own evaluation works");
      }
    }
    assertEquals(6, loss.differentiated.size());
    assertTrue(loss.evaluations > 12 && seen.size() == 12, "others have computed the loss");
    assertEquals(loss.differentiated, reports.stream().map(StepReport::loss).toList());
  }

  @Test
  void validatingBetweenBackwardAndStepDoesNotDisturbTheStep()
      throws IOException, TranslateException {
    RecordingLoss loss = new RecordingLoss();
    try (StepOptimizer optimizer =
        InducedMetric.sgdLogMetric().optReportListener(reports::add).build()) {
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(loss))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      ArrayDataset dataset = problem.dataset(1);
      try (Trainer trainer = problem.newTrainer(config)) {
        for (Batch batch : trainer.iterateDataset(dataset)) {
          try (batch) {
            EasyTrain.trainBatch(trainer, batch);
            NDList predictions = trainer.evaluate(batch.getData());
            loss.evaluate(() -> trainer.getLoss().evaluate(batch.getLabels(), predictions));
            trainer.step();
          }
        }
      }
    }
    assertEquals(3, loss.evaluations);
    assertEquals(loss.differentiated, reports.stream().map(StepReport::loss).toList());
  }

  @Test
  void aLoopWithoutATrainerTrainsTheSame() throws IOException, TranslateException {
    Snapshot withTrainer;
    try (StepOptimizer optimizer = InducedMetric.sgdLogMetric().build()) {
      problem.train(optimizer, 2);
      withTrainer = Snapshot.of(problem.block(), optimizer);
    }

    try (MlpProblem other = new MlpProblem();
        NDManager manager = NDManager.newBaseManager();
        StepOptimizer optimizer = InducedMetric.sgdLogMetric().build()) {
      Block block = other.block();
      optimizer.bind(block);
      block.initialize(manager, DataType.FLOAT32, new Shape(MlpProblem.BATCH, MlpProblem.FEATURES));
      ParameterStore store = new ParameterStore(manager, false);
      Loss loss = Loss.softmaxCrossEntropyLoss();
      for (int epoch = 0; epoch < 2; epoch++) {
        for (Batch batch : other.dataset(1).getData(manager)) {
          try (batch;
              GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList predictions = block.forward(store, batch.getData(), true);
            NDArray value = loss.evaluate(batch.getLabels(), predictions);
            collector.backward(value);
            optimizer.observeLoss(value);
          }
          optimizer.step();
        }
      }
      assertEquals(withTrainer, Snapshot.of(block, optimizer));
    }
  }

  @Test
  void gradientsOfSeveralBatchesMakeOneStep() throws IOException, TranslateException {
    double[] losses = new double[3];
    try (StepOptimizer optimizer =
        InducedMetric.sgdLogMetric()
            .setRescaleGrad(0.25f)
            .optReportListener(reports::add)
            .build()) {
      RecordingLoss loss = new RecordingLoss();
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(loss))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      try (Trainer trainer = problem.newTrainer(config)) {
        for (Batch batch : trainer.iterateDataset(problem.dataset(1))) {
          try (batch) {
            EasyTrain.trainBatch(trainer, batch);
          }
        }
        trainer.step();
      }
      for (int i = 0; i < 3; i++) {
        losses[i] = loss.differentiated.get(i);
      }
    }
    assertEquals(1, reports.size());
    assertEquals(0.25 * (losses[0] + losses[1] + losses[2]), reports.get(0).loss(), 1e-12);
    double norm = reports.get(0).gradientNorm();

    // One batch of all rows has the mean gradient; 3/4 of it is what was summed up.
    List<StepReport> whole = new ArrayList<>();
    try (MlpProblem other = new MlpProblem();
        StepOptimizer optimizer =
            InducedMetric.sgdLogMetric()
                .setRescaleGrad(0.75f)
                .optReportListener(whole::add)
                .build();
        Trainer trainer = other.newTrainer(MlpProblem.config(optimizer))) {
      ArrayDataset dataset = other.dataset(1);
      try (Batch all =
          dataset.getByRange(trainer.getManager().newSubManager(), 0, 3 * MlpProblem.BATCH)) {
        EasyTrain.trainBatch(trainer, all);
      }
      trainer.step();
      assertEquals(norm, whole.get(0).gradientNorm(), 1e-5 * norm);
      assertEquals(reports.get(0).metricScale(), whole.get(0).metricScale(), 1e-4);
      for (int i = 0; i < other.block().getParameters().size(); i++) {
        assertArrayEquals(
            problem.block().getParameters().valueAt(i).getArray().toFloatArray(),
            other.block().getParameters().valueAt(i).getArray().toFloatArray(),
            1e-6f);
      }
    }
  }

  @Test
  void batchNormStatisticsAreNotTrained() throws IOException, TranslateException {
    try (NDManager manager = NDManager.newBaseManager();
        StepOptimizer optimizer = Optimizers.builder("sgd_rms", Map.of()).build()) {
      Block block =
          new SequentialBlock()
              .add(Linear.builder().setUnits(4).build())
              .add(BatchNorm.builder().build());
      block.initialize(manager, DataType.FLOAT32, new Shape(8, 3));
      optimizer.bind(block);
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray data = manager.arange(0f, 24f, 1f).reshape(8, 3);
        collector.backward(
            block
                .forward(new ParameterStore(manager, false), new NDList(data), true)
                .singletonOrThrow()
                .square()
                .sum());
      }
      optimizer.step();
      assertEquals(
          4,
          optimizer.state().arrays().keySet().stream()
              .map(name -> name.substring(0, name.lastIndexOf('/')))
              .distinct()
              .count());
      assertTrue(optimizer.state().arrays().keySet().stream().noneMatch(n -> n.contains("unning")));
    }
  }

  /** Everything that a step creates is closed with it. */
  @ParameterizedTest
  @ValueSource(strings = {"sgd_log_metric", "sgd_rms", "muon"})
  void longTrainingDoesNotCollectArrays(String name) throws IOException, TranslateException {
    NDManager all = problem.model().getNDManager();
    while (all.getParentManager() != null) {
      all = all.getParentManager();
    }
    StepOptimizer optimizer =
        Optimizers.builder(name, Map.of("lr", 1e-3))
            .optClipGrad(1)
            .optClipGradientNorm(1)
            .optWeightDecay(0.1)
            .setRescaleGrad(0.5f)
            .optReportListener(reports::add)
            .build();
    List<NDArray> state;
    try (optimizer;
        Trainer trainer = problem.newTrainer(MlpProblem.config(optimizer))) {
      ArrayDataset dataset = problem.dataset(1);
      int[] early = new int[0];
      for (int step = 1; step <= 300; step++) {
        NDManager manager = trainer.getManager().newSubManager();
        try (Batch batch = dataset.getByRange(manager, 0, MlpProblem.BATCH)) {
          EasyTrain.trainBatch(trainer, batch);
          trainer.step();
        }
        if (step == 50) {
          early = counts(optimizer, all);
        }
      }
      assertArrayEquals(early, counts(optimizer, all));
      state = List.copyOf(optimizer.state().arrays().values());
      assertTrue(state.size() >= 4);
      assertTrue(state.stream().noneMatch(TrainerIntegrationTest::isReleased));
    }
    assertTrue(state.stream().allMatch(TrainerIntegrationTest::isReleased));
  }

  /** Arrays of the model with its trainer, of the optimiser's state, of the whole process. */
  private int[] counts(StepOptimizer optimizer, NDManager all) {
    NDArray weight = problem.block().getParameters().valueAt(0).getArray();
    return new int[] {
      problem.model().getNDManager().getManagedArrays().size(),
      optimizer.state().manager(weight).getManagedArrays().size(),
      all.getManagedArrays().size()
    };
  }

  private static boolean isReleased(NDArray array) {
    return ((NativeResource<?>) array).isReleased();
  }
}
