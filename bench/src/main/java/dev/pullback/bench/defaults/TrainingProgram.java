package dev.pullback.bench.defaults;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.TrainingDivergedException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.translate.TranslateException;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.config.Backend;
import java.io.IOException;
import java.util.DoubleSummaryStatistics;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * A program as a user of DJL writes it: a block, data, a loss, and {@link EasyTrain#fit}.
 *
 * @param name a word for the command line
 * @param description model and data
 * @param accuracy whether it classifies; else its loss on held-out data counts
 * @param epochs how often it sees its data
 * @param block makes the model from a seed
 * @param loss makes the loss
 * @param data loads what to train on and what to score on
 */
record TrainingProgram(
    String name,
    String description,
    boolean accuracy,
    int epochs,
    LongFunction<Block> block,
    Supplier<Loss> loss,
    Function<NDManager, Data> data) {

  /**
   * What a program trains on.
   *
   * @param train in batches, in an order of the seed
   * @param test held out
   * @param input the shape of a batch of one
   */
  record Data(ArrayDataset train, ArrayDataset test, Shape input) {}

  /**
   * Where training ended.
   *
   * @param value accuracy or loss; NaN if it diverged
   * @param meanScale the mean of s; NaN where there is none
   */
  record Outcome(double value, double meanScale) {}

  /** Trains with DJL's Adam as it comes. */
  Outcome withDjlAdam(Backend backend, Data loaded, long seed) {
    try (Model model = newModel(backend, seed)) {
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss.get()).optOptimizer(Optimizer.adam().build());
      return new Outcome(fit(model, config, loaded), Double.NaN);
    }
  }

  /** Trains with an optimiser of this library. */
  Outcome with(Contender contender, Backend backend, Data loaded, long seed) {
    DoubleSummaryStatistics scales = new DoubleSummaryStatistics();
    try (Model model = newModel(backend, seed);
        StepOptimizer optimizer =
            contender
                .builder()
                .optReportListener(report -> scales.accept(report.metricScale()))
                .build()) {
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(loss.get()))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      return new Outcome(fit(model, config, loaded), scales.getAverage());
    }
  }

  /** The seed decides initial weights, the order of the batches, and dropout. */
  private Model newModel(Backend backend, long seed) {
    Engine.getEngine(backend.engine().toString()).setRandomSeed((int) seed);
    Model model = backend.newModel(name);
    model.setBlock(block.apply(seed));
    return model;
  }

  private double fit(Model model, DefaultTrainingConfig config, Data loaded) {
    config
        .optDevices(new Device[] {model.getNDManager().getDevice()})
        .addTrainingListeners(TrainingListener.Defaults.basic());
    if (accuracy) {
      config.addEvaluator(new Accuracy());
    }
    try (Trainer trainer = model.newTrainer(config)) {
      trainer.initialize(loaded.input());
      EasyTrain.fit(trainer, epochs, loaded.train(), loaded.test());
      TrainingResult result = trainer.getTrainingResult();
      return accuracy
          ? result.getValidateEvaluation("Accuracy").doubleValue()
          : result.getValidateLoss().doubleValue();
    } catch (TrainingDivergedException e) {
      System.err.println(name + ": " + e.getMessage());
      return Double.NaN;
    } catch (IOException | TranslateException e) {
      throw new IllegalStateException(e); // Arrays in memory are neither read nor translated.
    }
  }
}
