package dev.pullback.bench;

import dev.pullback.optim.Kernels;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One optimiser step on float32 parameters with fresh gradients. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 7, time = 2)
public class OptimizerStepBench {

  /** The optimiser under test, by the names of {@link StepUnderTest}. */
  @Param({
    "libtorch-copy",
    "libtorch-adamw",
    "djl-sgd",
    "djl-adamw",
    "sgd",
    "adamw",
    "lion",
    "rmsprop",
    "sgd_metric",
    "sgd_log_metric",
    "sgd_rms"
  })
  public String optimizer;

  /** The parameters. */
  @Param("MATRICES_20M")
  public Tensors tensors;

  /** How Pullback's own optimisers compute. */
  @Param("NATIVE")
  public Kernels kernels;

  /** Where. */
  @Param("auto")
  public String device;

  private Weights weights;
  private StepUnderTest step;

  /** Creates parameters with gradients. */
  @Setup
  public void create() {
    TrainingEngine.PYTORCH.load(0);
    weights = new Weights(DeviceChoice.of(device).on(TrainingEngine.PYTORCH), tensors);
    step = StepUnderTest.of(optimizer, weights, kernels);
  }

  /** Gives the optimiser new gradients. */
  @Setup(Level.Invocation)
  public void setGradients() {
    weights.setGradients();
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    step.close();
    weights.close();
  }

  /** One whole step. */
  @Benchmark
  public void step() {
    step.run();
    weights.await();
  }
}
