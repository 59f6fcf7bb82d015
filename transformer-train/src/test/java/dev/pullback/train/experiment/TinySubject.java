package dev.pullback.train.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.pullback.train.model.Mlp;
import dev.pullback.train.run.TrainingEngine;
import java.util.Random;

/**
 * Three batches of a random linear problem; the loss is that of the first four rows and the rest.
 */
final class TinySubject implements Subject {

  private static final int ROWS = 8;
  private static final int INPUTS = 3;

  @Override
  public String metric() {
    return "squared error";
  }

  @Override
  public Goal goal() {
    return Goal.LOWER;
  }

  @Override
  public int epochs() {
    return 4;
  }

  @Override
  public Workload create(long seed) {
    return new Tiny(seed);
  }

  private static final class Tiny implements Workload {

    private final ModelInMemory model;

    Tiny(long seed) {
      model =
          new ModelInMemory(
              TrainingEngine.PYTORCH, new Mlp(seed, INPUTS, 4, 1), new Shape(1, INPUTS));
    }

    @Override
    public Block block() {
      return model.block();
    }

    @Override
    public NDManager manager() {
      return model.manager();
    }

    @Override
    public int stepsPerEpoch() {
      return 3;
    }

    @Override
    public NDArray loss(int epoch, int step) {
      return errors(epoch, step).mean();
    }

    @Override
    public NDArray component(int epoch, int step, int component) {
      return errors(epoch, step).get(component == 0 ? ":4" : "4:").sum().div(ROWS);
    }

    private NDArray errors(int epoch, int step) {
      float[] inputs = new float[ROWS * INPUTS];
      Random random = new Random(100L * epoch + step);
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = (float) random.nextGaussian();
      }
      NDArray x = manager().create(inputs, new Shape(ROWS, INPUTS));
      return model.forward(x, true).sub(x.sum(new int[] {1}, true)).square();
    }

    @Override
    public Score score() {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        double error = loss(99, 0).getFloat();
        return new Score(error, error);
      }
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
