package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.model.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The MLP 4-32-32-1 on the polynomial regression set; the batches are shuffled once. */
final class RegressionTask implements Task {

  private static final int INPUTS = PolynomialData.INPUTS;

  @Override
  public String name() {
    return "regression";
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
  public TaskData load(RunConfig config, Consumer<String> log) {
    return new Loaded(PolynomialData.load(DataDirectory.choose(config.options().dataDir)));
  }

  private record Loaded(PolynomialData data) implements TaskData {

    @Override
    public String origin() {
      return data.origin();
    }

    @Override
    public String sha256() {
      return PolynomialData.SHA256;
    }

    @Override
    public long examples() {
      return PolynomialData.TRAIN;
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn) {
      return workload(config, drawn, Share.WHOLE);
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn, Share share) {
      Share.check(config.options().batch, share.ranks());
      return new Rows(data, config, drawn, share);
    }
  }

  /** The rows in batches, as arrays. */
  private static final class Rows implements Workload {

    private final PolynomialData data;
    private final RunOptions options;
    private final ModelInMemory model;
    private final Epochs epochs;
    private final List<Batch> train = new ArrayList<>();
    private final List<Batch> test = new ArrayList<>();

    private record Batch(NDArray inputs, NDArray targets) {}

    Rows(PolynomialData data, RunConfig config, boolean drawn, Share share) {
      this.data = data;
      options = config.options();
      epochs =
          new Epochs(PolynomialData.TRAIN, options.batch, options.accumulate, options.seed, false);
      model =
          new ModelInMemory(
              config.backend(),
              new Mlp(options.seed, INPUTS, 32, 32, 1),
              new Shape(1, INPUTS),
              drawn);
      for (int step = 1; step <= epochs.steps(); step++) {
        for (int part = 0; part < options.accumulate; part++) {
          train.add(gather(share.of(epochs.batch(step, part))));
        }
      }
      for (int first = PolynomialData.TRAIN; first < data.rows(); first += options.batch) {
        int[] rows = new int[Math.min(options.batch, data.rows() - first)];
        for (int i = 0; i < rows.length; i++) {
          rows[i] = first + i;
        }
        test.add(gather(rows));
      }
    }

    private Batch gather(int[] rows) {
      NDManager host = HostValues.on(model.manager());
      return new Batch(
          host.create(data.inputs(rows), new Shape(rows.length, INPUTS)),
          host.create(data.targets(rows), new Shape(rows.length, 1)));
    }

    @Override
    public ModelInMemory model() {
      return model;
    }

    @Override
    public int stepsPerEpoch() {
      return epochs.steps();
    }

    @Override
    public long examplesPerStep() {
      return (long) options.batch * options.accumulate;
    }

    @Override
    public double flopsPerStep() {
      return ((Mlp) block()).flopsPerExample() * examplesPerStep();
    }

    @Override
    public NDArray loss(long step, int part) {
      int place = (int) ((step - 1) % epochs.steps()) * options.accumulate + part;
      return squaredError(train.get(place), true).mean();
    }

    private NDArray squaredError(Batch batch, boolean training) {
      return model.forward(batch.inputs(), training).sub(batch.targets()).square();
    }

    @Override
    public Optional<Score> evaluate(int batches, BooleanSupplier stop) {
      List<Batch> taken = batches == 0 ? test : test.subList(0, Math.min(batches, test.size()));
      return model.withoutGradients(() -> score(taken, stop));
    }

    private Optional<Score> score(List<Batch> taken, BooleanSupplier stop) {
      double sum = 0;
      double whole = 0;
      long rows = 0;
      long wholeRows = 0;
      for (Batch batch : taken) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          double error = HostValues.read(squaredError(batch, false).sum(), NDArray::getFloat);
          long size = batch.targets().size();
          sum += error;
          rows += size;
          whole += size == options.batch ? error : 0;
          wholeRows += size == options.batch ? size : 0;
        }
      }
      return Optional.of(new Score(sum / rows, whole / wholeRows, sum / rows));
    }
  }
}
