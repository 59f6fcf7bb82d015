package org.example;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import dev.pullback.optim.InducedMetric;
import java.io.IOException;
import java.util.Locale;
import java.util.Random;

/** Tells two spirals apart: an ordinary DJL program, and three lines for the optimiser. */
public final class Spirals {

  private static final int POINTS = 512;
  private static final int EPOCHS = 20;

  private Spirals() {}

  public static void main(String[] args) throws IOException, TranslateException {
    Engine.getInstance().setRandomSeed(1);
    try (NDManager manager = NDManager.newBaseManager();
        Model model = Model.newInstance("spirals");
        InducedMetric optimizer = InducedMetric.sgdRmsRelative().build()) {
      model.setBlock(
          new SequentialBlock()
              .add(Linear.builder().setUnits(64).build())
              .add(Activation::relu)
              .add(Linear.builder().setUnits(64).build())
              .add(Activation::relu)
              .add(Linear.builder().setUnits(2).build()));
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer)
              .addEvaluator(new Accuracy())
              .addTrainingListeners(new EvaluatorTrainingListener(), new LossPrinter());
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, 2));
        EasyTrain.fit(trainer, EPOCHS, spirals(manager), null);
      }
    }
  }

  /** Prints the mean loss and accuracy of the first and every fifth epoch. */
  private static final class LossPrinter extends TrainingListenerAdapter {

    private int epoch;

    @Override
    public void onEpoch(Trainer trainer) {
      epoch++;
      if (epoch == 1 || epoch % 5 == 0) {
        TrainingResult result = trainer.getTrainingResult();
        System.out.printf(
            Locale.ROOT,
            "epoch %d  loss %.4f  accuracy %.3f%n",
            epoch,
            result.getTrainLoss(),
            result.getTrainEvaluation("Accuracy"));
      }
    }
  }

  /** Points (x, y) of two spirals in turns, with the number of their spiral. */
  private static ArrayDataset spirals(NDManager manager) {
    Random random = new Random(1);
    float[] points = new float[2 * POINTS];
    float[] labels = new float[POINTS];
    for (int i = 0; i < POINTS; i++) {
      int spiral = i % 2;
      double radius = (i + 1.0) / POINTS;
      double angle = 7 * radius + Math.PI * spiral;
      points[2 * i] = (float) (radius * Math.cos(angle) + 0.02 * random.nextGaussian());
      points[2 * i + 1] = (float) (radius * Math.sin(angle) + 0.02 * random.nextGaussian());
      labels[i] = spiral;
    }
    return new ArrayDataset.Builder()
        .setData(manager.create(points, new Shape(POINTS, 2)))
        .optLabels(manager.create(labels))
        .setSampling(32, true)
        .build();
  }
}
