package dev.pullback.train.task;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Mlp;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Three batches of a random linear problem; the loss is that of the first four rows and the rest.
 */
public final class TinyWorkload implements Workload {

  public static final TaskData DATA = new Data("24");

  /** Of the whole held-out data; between them an evaluation asks whether to stop. */
  public static final int EVALUATION_BATCHES = 4;

  private static final int ROWS = 8;
  private static final int INPUTS = 3;
  private static final long HELD_OUT = 9900;

  private final ModelInMemory model;

  /** Data of a fingerprint. */
  public record Data(String sha256) implements TaskData {

    @Override
    public String origin() {
      return "a random linear problem";
    }

    @Override
    public long examples() {
      return 3L * ROWS;
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn) {
      return new TinyWorkload(config.options().seed, drawn);
    }
  }

  public TinyWorkload(long seed) {
    this(seed, true);
  }

  private TinyWorkload(long seed, boolean drawn) {
    model =
        new ModelInMemory(
            new Backend(TrainingEngine.PYTORCH, Device.cpu()),
            new Mlp(seed, INPUTS, 4, 1),
            new Shape(1, INPUTS),
            drawn);
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
  public long examplesPerStep() {
    return ROWS;
  }

  @Override
  public NDArray loss(long step, int part) {
    return errors(step).mean();
  }

  @Override
  public NDArray component(long step, int component) {
    NDArray sum = errors(step).get(component == 0 ? ":4" : "4:").sum();
    return EngineSupport.of(sum).multiply(sum, 1.0 / ROWS);
  }

  private NDArray errors(long step) {
    float[] inputs = new float[ROWS * INPUTS];
    Random random = new Random(step);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    NDArray x = HostValues.on(manager()).create(inputs, new Shape(ROWS, INPUTS));
    return model.forward(x, true).sub(x.sum(new int[] {1}, true)).square();
  }

  @Override
  public Optional<Score> evaluate(int batches, BooleanSupplier stop) {
    return model.withoutGradients(
        () -> {
          double error = 0;
          int taken = batches == 0 ? EVALUATION_BATCHES : Math.min(batches, EVALUATION_BATCHES);
          for (int batch = 0; batch < taken; batch++) {
            if (stop.getAsBoolean()) {
              return Optional.empty();
            }
            try (NDScope scope = new NDScope()) {
              scope.suppressNotUsedWarning();
              error += loss(HELD_OUT + batch, 0).getFloat() / taken;
            }
          }
          return Optional.of(new Score(error, error, error));
        });
  }
}
