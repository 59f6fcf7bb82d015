package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.LocalParameterServer;
import ai.djl.training.ParameterServer;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One optimiser step on 50 float32 matrices of 400 × 1000, 20 million parameters, driven through a
 * parameter server as {@code Trainer.step()} does. {@code djl-adamw} and {@code djl-sgd} are DJL's
 * own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 7, time = 2)
public class OptimizerStepBench {

  private static final int TENSORS = 50;
  private static final int ROWS = 400;
  private static final int COLUMNS = 1000;

  /** The optimiser under test. */
  @Param({
    "djl-sgd",
    "djl-adamw",
    "sgd",
    "adamw",
    "lion",
    "sgd_metric",
    "sgd_log_metric",
    "sgd_rms"
  })
  public String optimizer;

  private NDManager manager;
  private List<Parameter> parameters;
  private ParameterServer server;
  private StepOptimizer own;

  /** Creates parameters with gradients. */
  @Setup
  public void create() {
    manager = NDManager.newBaseManager();
    SequentialBlock block = new SequentialBlock();
    for (int i = 0; i < TENSORS; i++) {
      block.add(Linear.builder().setUnits(ROWS).optBias(false).build());
    }
    for (Block child : block.getChildren().values()) {
      child.initialize(manager, DataType.FLOAT32, new Shape(1, COLUMNS));
    }
    parameters = block.getParameters().values();
    Optimizer tested =
        switch (optimizer) {
          case "djl-sgd" -> Optimizer.sgd().setLearningRateTracker(Tracker.fixed(1e-6f)).build();
          case "djl-adamw" -> Optimizer.adamW().build();
          default -> {
            own = Optimizers.builder(optimizer, Map.of("lr", 1e-6)).build();
            own.bind(block);
            yield own;
          }
        };
    server = new LocalParameterServer(tested);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    if (own != null) {
      own.close();
    }
    manager.close();
  }

  /** One whole step. */
  @Benchmark
  public void step() {
    if (own != null) {
      own.observeLoss(1.0);
    }
    for (Parameter parameter : parameters) {
      NDArray weight = parameter.getArray();
      server.update(parameter.getId(), new NDArray[] {weight});
    }
  }
}
