package dev.pullback.collective;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.loss.Loss;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** The program of docs/data-parallel.md, in full: {@code PORT RANK}. */
final class EasyTrainProgram {

  private static final int BATCH = 16; // of one rank
  private static final int BATCHES = 20;
  private static final int FEATURES = 8;

  private EasyTrainProgram() {}

  /** Trains, and prints the weights' bits. */
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    int rank = Integer.parseInt(args[1]);
    Engine.getInstance().setRandomSeed(1); // the same weights on every rank
    Duration minute = Duration.ofSeconds(60);
    try (var ranks = RabitCollective.join("127.0.0.1", port, rank, minute, minute);
        Model model = Model.newInstance("mlp");
        StepOptimizer optimizer =
            Optimizers.builder("sgd_rms", Map.of("lr", 0.05)).optCollective(ranks).build()) {
      model.setBlock(
          new SequentialBlock()
              .add(Linear.builder().setUnits(32).build())
              .add(Activation.reluBlock())
              .add(Linear.builder().setUnits(2).build()));
      var config =
          new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
              .optOptimizer(optimizer)
              .addTrainingListeners(optimizer);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(1, FEATURES));
        EasyTrain.fit(trainer, 2, data(model, ranks.rank(), ranks.size()), null);
      }
      optimizer.requireEqualRanks();
      float[] weights =
          model.getBlock().getParameters().get(0).getValue().getArray().toFloatArray();
      System.out.printf(
          "steps %d loss %.6f weights %08x%n",
          optimizer.steps(), optimizer.lastReport().loss(), Arrays.hashCode(weights));
    }
  }

  /** This rank's part of every batch: as if all ranks' rows were dealt out in turn. */
  private static ArrayDataset data(Model model, int rank, int ranks) {
    int rows = BATCH * BATCHES;
    Random random = new Random(7);
    float[][] inputs = new float[rows * ranks][FEATURES];
    float[] labels = new float[rows * ranks];
    for (int row = 0; row < inputs.length; row++) {
      for (int i = 0; i < FEATURES; i++) {
        inputs[row][i] = (float) random.nextGaussian();
      }
      labels[row] = inputs[row][0] * inputs[row][1] > 0 ? 1 : 0;
    }
    int[] own = IntStream.range(0, rows).map(row -> row * ranks + rank).toArray();
    float[] flat = new float[rows * FEATURES];
    float[] ownLabels = new float[rows];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(inputs[own[i]], 0, flat, i * FEATURES, FEATURES);
      ownLabels[i] = labels[own[i]];
    }
    var manager = model.getNDManager();
    return new ArrayDataset.Builder()
        .setData(manager.create(flat, new Shape(rows, FEATURES)))
        .optLabels(manager.create(ownLabels))
        .setSampling(BATCH, false)
        .build();
  }
}
