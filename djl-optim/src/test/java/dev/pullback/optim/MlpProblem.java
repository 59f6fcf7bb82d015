package dev.pullback.optim;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import dev.pullback.engine.HostValues;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A small classification problem for a multilayer perceptron of DJL's own blocks. Data and initial
 * weights are the same in every process.
 */
final class MlpProblem implements AutoCloseable {

  static final int BATCH = 32;
  static final int FEATURES = 5;
  static final int CLASSES = 3;
  static final int HIDDEN = 16;

  private final Model model;

  MlpProblem() {
    this(Engine.getDefaultEngineName());
  }

  MlpProblem(String engine) {
    model = Model.newInstance("mlp", engine);
    model.setBlock(newBlock());
  }

  static Block newBlock() {
    Block block =
        new SequentialBlock()
            .add(Linear.builder().setUnits(HIDDEN).build())
            .add(Activation.tanhBlock())
            .add(Linear.builder().setUnits(CLASSES).build());
    block.setInitializer(MlpProblem::initialize, parameter -> true);
    return block;
  }

  private static NDArray initialize(NDManager manager, Shape shape, DataType type) {
    Random random = new Random(shape.size());
    double[] values = random.doubles(shape.size()).map(u -> 0.6 * (u - 0.5)).toArray();
    return HostValues.on(manager).create(values, shape).toType(type, true);
  }

  Model model() {
    return model;
  }

  Block block() {
    return model.getBlock();
  }

  /** Three batches. The class is the largest of three fixed linear functions of the features. */
  ArrayDataset dataset(long seed) {
    return dataset(seed, -1);
  }

  /** The same, with NaN in one row. */
  ArrayDataset dataset(long seed, int badRow) {
    int rows = 3 * BATCH;
    Random random = new Random(seed);
    float[] features = new float[rows * FEATURES];
    float[] labels = new float[rows];
    double[] map = new Random(5).doubles(CLASSES * FEATURES, -1, 1).toArray();
    for (int row = 0; row < rows; row++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < FEATURES; i++) {
        features[row * FEATURES + i] = (float) random.nextGaussian();
      }
      for (int c = 0; c < CLASSES; c++) {
        double value = 0;
        for (int i = 0; i < FEATURES; i++) {
          value += map[c * FEATURES + i] * features[row * FEATURES + i];
        }
        if (value > best) {
          best = value;
          labels[row] = c;
        }
      }
    }
    if (badRow >= 0) {
      features[badRow * FEATURES] = Float.NaN;
    }
    NDManager manager = model.getNDManager();
    return new ArrayDataset.Builder()
        .setData(HostValues.on(manager).create(features, new Shape(rows, FEATURES)))
        .optLabels(HostValues.on(manager).create(labels))
        .setSampling(BATCH, false)
        .build();
  }

  /** The configuration as a user writes it. */
  static DefaultTrainingConfig config(StepOptimizer optimizer) {
    return new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
        .optOptimizer(optimizer)
        .addTrainingListeners(optimizer);
  }

  Trainer newTrainer(DefaultTrainingConfig config) {
    Trainer trainer = model.newTrainer(config);
    trainer.initialize(new Shape(BATCH, FEATURES));
    return trainer;
  }

  /** Trains with a loop of its own and returns the report of every step. */
  List<StepReport> train(StepOptimizer optimizer, int epochs)
      throws IOException, TranslateException {
    List<StepReport> reports = new ArrayList<>();
    optimizer.addReportListener(reports::add);
    ArrayDataset dataset = dataset(1);
    try (Trainer trainer = newTrainer(config(optimizer))) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        for (Batch batch : trainer.iterateDataset(dataset)) {
          try (batch) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
          }
        }
      }
    }
    return reports;
  }

  @Override
  public void close() {
    model.close();
  }
}
