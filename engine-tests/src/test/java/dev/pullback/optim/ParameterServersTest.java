package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MXNet's key-value server, DJL's default, against DJL's local one, the default with Pullback. */
class ParameterServersTest {

  private static final String LOCAL = "ai.djl.use_local_parameter_server";

  static Stream<String> names() {
    return Optimizers.all().stream().map(OptimizerSpec::name).filter(Golden::canMxNetDo);
  }

  @AfterEach
  void restoreTheDefault() {
    System.clearProperty(LOCAL);
  }

  @ParameterizedTest
  @MethodSource("names")
  void bothGiveTheSameNumbers(String name) throws IOException, TranslateException {
    assertEquals(train(name, true), train(name, false));
  }

  private static List<Object> train(String name, boolean local)
      throws IOException, TranslateException {
    System.setProperty(LOCAL, "" + local);
    try (MlpProblem problem = new MlpProblem("MXNet");
        StepOptimizer optimizer = Optimizers.builder(name, Map.of()).build()) {
      List<StepReport> reports = problem.train(optimizer, 3);
      return List.of(reports, Snapshot.of(problem.block(), optimizer));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false", ""})
  void theUsersChoiceIsKept(String chosen) {
    if (!chosen.isEmpty()) {
      System.setProperty(LOCAL, chosen);
    }
    Optimizers.builder("sgd", Map.of()).build().close();
    assertEquals(chosen.isEmpty() ? "true" : chosen, System.getProperty(LOCAL));
  }

  @Test
  void aRefusedStepIsRaisedAtOnceByDefault() throws IOException {
    try (MlpProblem problem = new MlpProblem("MXNet");
        StepOptimizer optimizer = Optimizers.builder("sgd_rms", Map.of()).build();
        Trainer trainer = problem.newTrainer(MlpProblem.config(optimizer));
        Batch batch = batch(trainer, problem.dataset(1))) {
      batch.getData().head().muli(Float.NaN);
      EasyTrain.trainBatch(trainer, batch);
      assertThrows(TrainingDivergedException.class, trainer::step);
    }
  }

  /** Nothing else of such an optimiser is ever called. */
  @Test
  void whatNobodyHasSeenIsRaisedOnceWhenTheOptimiserIsClosed()
      throws IOException, TranslateException {
    System.setProperty(LOCAL, "false");
    try (MlpProblem problem = new MlpProblem("MXNet")) {
      StepOptimizer optimizer = Optimizers.builder("sgd_rms", Map.of()).build();
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optOptimizer(optimizer);
      try (Trainer trainer = problem.newTrainer(config)) {
        EasyTrain.fit(trainer, 1, problem.dataset(1), null);
      }
      IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::close);
      assertTrue(e.getMessage().contains("addTrainingListeners(optimizer)"), e.getMessage());
      optimizer.close();
    }
  }

  /** An exception would be lost in the server's native code. */
  @Test
  void aStepThatTheServerRefusedIsRaisedByTheNextBatch() throws IOException, TranslateException {
    System.setProperty(LOCAL, "false");
    try (MlpProblem problem = new MlpProblem("MXNet");
        StepOptimizer optimizer = Optimizers.builder("sgd_rms", Map.of()).build();
        Trainer trainer = problem.newTrainer(MlpProblem.config(optimizer))) {
      ArrayDataset dataset = problem.dataset(1);
      try (Batch batch = batch(trainer, dataset)) {
        batch.getData().head().muli(Float.NaN);
        EasyTrain.trainBatch(trainer, batch);
        trainer.step();
      }
      Snapshot before = Snapshot.of(problem.block(), optimizer);
      try (Batch batch = batch(trainer, dataset)) {
        TrainingDivergedException e =
            assertThrows(
                TrainingDivergedException.class, () -> EasyTrain.trainBatch(trainer, batch));
        assertTrue(e.getMessage().contains("not finite"), e.getMessage());
        assertEquals(before, Snapshot.of(problem.block(), optimizer));
      }
      try (Batch batch = batch(trainer, dataset)) {
        EasyTrain.trainBatch(trainer, batch);
        trainer.step();
      }
      assertEquals(1, optimizer.state().step());
    }
  }

  @Test
  void aForgottenLossIsRaisedToo() throws IOException, TranslateException {
    try (MlpProblem problem = new MlpProblem("MXNet");
        StepOptimizer optimizer = Optimizers.builder("sgd_log_metric", Map.of()).build()) {
      DefaultTrainingConfig unobserved =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      Trainer trainer = problem.newTrainer(unobserved);
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> EasyTrain.fit(trainer, 1, problem.dataset(1), null));
      assertTrue(e.getMessage().contains("optimizer.observe(loss)"), e.getMessage());
      trainer.close();
    }
  }

  private static Batch batch(Trainer trainer, ArrayDataset dataset) throws IOException {
    NDManager manager = trainer.getManager().newSubManager();
    return dataset.getByRange(manager, 0, MlpProblem.BATCH);
  }
}
