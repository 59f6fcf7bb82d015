package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.model.Mlp;
import java.util.ArrayList;
import java.util.List;

/** The MLP 4-32-32-1 on the polynomial regression set; the batches are shuffled once. */
public final class RegressionWorkload implements Workload {

  private static final int BATCH = 1024;

  private final PolynomialData data;
  private final ModelInMemory model;
  private final List<Batch> train = new ArrayList<>();
  private final List<Batch> test = new ArrayList<>();

  private record Batch(NDArray inputs, NDArray targets) {}

  public RegressionWorkload(PolynomialData data, Compute compute, long seed) {
    this.data = data;
    int width = PolynomialData.INPUTS;
    model =
        new ModelInMemory(compute.engine(), new Mlp(seed, width, 32, 32, 1), new Shape(1, width));
    for (int[] rows : Order.batches(PolynomialData.TRAIN, BATCH, seed, 0)) {
      train.add(gather(rows));
    }
    for (int first = PolynomialData.TRAIN; first < data.rows(); first += BATCH) {
      int[] rows = new int[Math.min(BATCH, data.rows() - first)];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = first + i;
      }
      test.add(gather(rows));
    }
  }

  private Batch gather(int[] rows) {
    NDManager host = HostValues.on(model.manager());
    return new Batch(
        host.create(data.inputs(rows), new Shape(rows.length, PolynomialData.INPUTS)),
        host.create(data.targets(rows), new Shape(rows.length, 1)));
  }

  @Override
  public ModelInMemory model() {
    return model;
  }

  @Override
  public int stepsPerEpoch() {
    return train.size();
  }

  @Override
  public NDArray loss(int epoch, int step) {
    return squaredError(train.get(step), true).mean();
  }

  private NDArray squaredError(Batch batch, boolean training) {
    return model.forward(batch.inputs(), training).sub(batch.targets()).square();
  }

  @Override
  public Score score() {
    double sum = 0;
    for (Batch batch : test) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        sum += squaredError(batch, false).sum().getFloat();
      }
    }
    double mean = sum / (data.rows() - PolynomialData.TRAIN);
    return new Score(mean, mean); // all batches are whole
  }
}
