package dev.pullback.train.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.model.Mlp;
import java.util.ArrayList;
import java.util.List;

/** The MLP 4-32-32-1 on the polynomial regression set; the batches are shuffled once. */
final class RegressionSubject implements Subject {

  static final String NAME = "regression";

  private static final int BATCH = 1024;

  private final PolynomialData data;
  private final Compute compute;

  RegressionSubject(PolynomialData data, Compute compute) {
    this.data = data;
    this.compute = compute;
  }

  @Override
  public String metric() {
    return "test MSE";
  }

  @Override
  public Goal goal() {
    return Goal.LOWER;
  }

  @Override
  public int epochs() {
    return 200;
  }

  @Override
  public Workload create(long seed) {
    return new Regression(seed);
  }

  private record Batch(NDArray inputs, NDArray targets) {}

  private final class Regression implements Workload {

    private final ModelInMemory model;
    private final List<Batch> train = new ArrayList<>();
    private final List<Batch> test = new ArrayList<>();

    Regression(long seed) {
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
      NDManager manager = model.manager();
      return new Batch(
          manager.create(data.inputs(rows), new Shape(rows.length, PolynomialData.INPUTS)),
          manager.create(data.targets(rows), new Shape(rows.length, 1)));
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
      double whole = 0;
      double all = 0;
      long wholeRows = 0;
      for (Batch batch : test) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          double sum = squaredError(batch, false).sum().getFloat();
          all += sum;
          if (batch.inputs().getShape().get(0) == BATCH) {
            whole += sum;
            wholeRows += BATCH;
          }
        }
      }
      return new Score(whole / wholeRows, all / (data.rows() - PolynomialData.TRAIN));
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
