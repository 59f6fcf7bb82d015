package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Mlp;
import java.util.Random;

/**
 * Three batches of a random linear problem; the loss is that of the first four rows and the rest.
 */
public final class TinyWorkload implements Workload {

  public static final Subject.Data DATA = new Subject.Data(24, TinyWorkload::new);

  public static final Subject SUBJECT = new Subject("squared error", Goal.LOWER, 4, () -> DATA);

  private static final int ROWS = 8;
  private static final int INPUTS = 3;

  private final ModelInMemory model;

  public TinyWorkload(long seed) {
    model =
        new ModelInMemory(
            TrainingEngine.PYTORCH, new Mlp(seed, INPUTS, 4, 1), new Shape(1, INPUTS));
  }

  @Override
  public ModelInMemory model() {
    return model;
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
    NDArray sum = errors(epoch, step).get(component == 0 ? ":4" : "4:").sum();
    return EngineSupport.of(sum).multiply(sum, 1.0 / ROWS);
  }

  private NDArray errors(int epoch, int step) {
    float[] inputs = new float[ROWS * INPUTS];
    Random random = new Random(100L * epoch + step);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    NDArray x = HostValues.on(manager()).create(inputs, new Shape(ROWS, INPUTS));
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
}
