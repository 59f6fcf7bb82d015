package dev.pullback.train.loop;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.util.Pair;
import dev.pullback.optim.ParameterInfo;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.optim.StepReport;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Differentiates the loss of a workload and lets an optimiser step. */
public final class Stepper implements AutoCloseable {

  /** The file of a checkpoint that holds the optimiser's state. */
  static final String STATE = "optimizer.safetensors";

  private final Workload work;
  private final int accumulate;
  private final int components;
  private final StepOptimizer optimizer;

  /**
   * Creates the stepper.
   *
   * @param work gives the loss
   * @param accumulate batches of a step; the builder averages their gradients
   * @param components how many components of the loss are differentiated one by one; 1 for the
   *     whole loss
   * @param builder the optimiser
   */
  public Stepper(Workload work, int accumulate, int components, StepOptimizerBuilder<?> builder) {
    this.work = work;
    this.accumulate = accumulate;
    this.components = components;
    this.optimizer = builder.build();
    optimizer.bind(work.block());
  }

  /** Creates the stepper of a run's process. */
  static Stepper of(RunConfig config, Workload work, RankLink link) {
    RunOptions options = config.options();
    int steps = config.steps(work.stepsPerEpoch(), work.examplesPerStep());
    StepOptimizerBuilder<?> builder = config.optimizer(steps);
    link.collective().ifPresent(builder::optCollective);
    return new Stepper(
        work, options.accumulate, options.components == null ? 1 : options.components, builder);
  }

  /** Settles what dropout draws in a step: another mask on each rank, the same when repeated. */
  void seed(long seed, long step, int rank) {
    long own = SplitMix64.mix(SplitMix64.mix(seed, "dropout"), step);
    work.manager().getEngine().setRandomSeed((int) (rank == 0 ? own : SplitMix64.mix(own, rank)));
  }

  /**
   * Makes sure that all ranks have the same weights and state.
   *
   * @throws InputException if they have not; on all ranks, naming the array
   * @throws LostRanksException if another rank is gone
   */
  void requireEqualRanks() throws LostRanksException {
    try {
      optimizer.requireEqualRanks();
    } catch (IllegalStateException e) {
      throw new InputException("the workers have come apart: " + e.getMessage(), e);
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof LostRanksException lost) {
        throw lost;
      }
      throw e;
    }
  }

  /**
   * Takes a step.
   *
   * @param step from 1
   */
  public void step(long step) {
    boolean whole = components == 1;
    for (int i = 0; i < accumulate && whole; i++) {
      int part = i;
      try (NDArray loss = differentiate(() -> work.loss(step, part))) {
        optimizer.observeLoss(loss);
      }
    }
    for (int i = 0; i < components && !whole; i++) {
      int component = i;
      try (NDArray loss = differentiate(() -> work.component(step, component))) {
        optimizer.endComponent(loss);
      }
    }
    optimizer.step();
  }

  /** Returns the loss, which outlives what it was computed from. */
  private NDArray differentiate(Supplier<NDArray> loss) {
    try (NDScope scope = new NDScope();
        GradientCollector collector = work.manager().getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray value = loss.get();
      collector.backward(value);
      NDScope.unregister(value);
      return value;
    }
  }

  /**
   * Returns what the latest step did. Reads its loss from the device.
   *
   * @return the report
   */
  StepReport report() {
    return optimizer.lastReport();
  }

  /**
   * Returns the bytes of the optimiser's state.
   *
   * @return the size of its arrays once they exist
   */
  long stateBytes() {
    long bytes = 0;
    for (Pair<String, Parameter> pair : work.block().getParameters()) {
      if (pair.getValue().requiresGradient()) {
        NDArray array = pair.getValue().getArray();
        ParameterInfo info =
            new ParameterInfo(pair.getKey(), array.getShape(), array.getDataType());
        long elements = components > 1 ? components * array.size() : 0;
        for (Shape shape : optimizer.stateShapes(info).values()) {
          elements += shape.size();
        }
        bytes += elements * array.getDataType().getNumOfBytes();
      }
    }
    return bytes;
  }

  /**
   * Does something with the weights that are meant to be used, which may be an average.
   *
   * @param work what to do
   * @param <T> what it returns
   * @param <E> what it throws
   * @return what it returned
   * @throws E if it did
   */
  <T, E extends Exception> T withEvaluationWeights(StepOptimizer.Evaluation<T, E> work) throws E {
    return optimizer.withEvaluationWeights(work);
  }

  /**
   * Writes the optimiser's state.
   *
   * @param out where to write; it is not closed
   * @throws IOException if writing fails
   */
  void save(OutputStream out) throws IOException {
    optimizer.saveState(out);
  }

  /**
   * Reads the optimiser's state.
   *
   * @param file what {@link #save} wrote
   * @throws IOException if it cannot be read or is not complete
   * @throws IllegalArgumentException if it is another optimiser's or another model's
   */
  void load(Path file) throws IOException {
    optimizer.loadState(file);
  }

  /**
   * Reads the optimiser's state of a checkpoint.
   *
   * @param checkpoint of this run
   * @throws InputException if it is damaged, or another optimiser's or model's
   */
  void resume(Checkpoint checkpoint) {
    try {
      load(checkpoint.file(STATE));
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException("cannot continue: " + e.getMessage(), e); // it names the file
    }
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
