package dev.pullback.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import dev.pullback.optim.InducedMetric;
import dev.pullback.optim.StepOptimizer;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program as a user writes it, the same for every engine, on data of MNIST's shape. */
class EasyTrainIT {

  private static final int SIDE = 28;
  private static final int CLASSES = 10;

  @ParameterizedTest
  @ValueSource(strings = {"PyTorch", "MXNet"})
  void fitsAPerceptron(String engine) throws IOException, TranslateException {
    try (Model model = Model.newInstance("mlp", engine);
        StepOptimizer optimizer = InducedMetric.sgdRms().optLearningRate(0.1).build()) {
      model.setBlock(
          new SequentialBlock()
              .add(Linear.builder().setUnits(64).build())
              .add(Activation.reluBlock())
              .add(Linear.builder().setUnits(CLASSES).build()));
      TrainingConfig config =
          new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer)
              .addTrainingListeners(TrainingListener.Defaults.basic())
              .addEvaluator(new Accuracy());
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, SIDE * SIDE));
        NDManager manager = model.getNDManager();
        EasyTrain.fit(trainer, 3, digits(manager, 2000, 1), digits(manager, 500, 2));
        float accuracy = trainer.getTrainingResult().getValidateEvaluation("Accuracy");
        assertTrue(accuracy > 0.9, engine + " reached an accuracy of " + accuracy);
        assertEquals(3 * 2000 / 50, optimizer.steps());
      }
    }
  }

  /** Noisy copies of ten random pictures. */
  private static Dataset digits(NDManager manager, int count, long seed) {
    Random pictures = new Random(0);
    float[][] classes = new float[CLASSES][SIDE * SIDE];
    for (float[] picture : classes) {
      for (int i = 0; i < picture.length; i++) {
        picture[i] = pictures.nextFloat();
      }
    }
    Random random = new Random(seed);
    float[] data = new float[count * SIDE * SIDE];
    float[] labels = new float[count];
    for (int n = 0; n < count; n++) {
      int label = random.nextInt(CLASSES);
      labels[n] = label;
      for (int i = 0; i < SIDE * SIDE; i++) {
        data[n * SIDE * SIDE + i] = classes[label][i] + (float) random.nextGaussian();
      }
    }
    return new ArrayDataset.Builder()
        .setData(manager.create(data, new Shape(count, SIDE * SIDE)))
        .optLabels(manager.create(labels))
        .setSampling(50, true)
        .build();
  }
}
