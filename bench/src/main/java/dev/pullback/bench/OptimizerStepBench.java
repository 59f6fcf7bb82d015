package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.LocalParameterServer;
import ai.djl.training.ParameterServer;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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

/**
 * One optimiser step on float32 parameters with fresh gradients. {@code djl-adamw} and {@code
 * djl-sgd} are DJL's own, driven as {@code Trainer.step()} drives them; {@code libtorch-adamw} is
 * libtorch's fused AdamW alone, and {@code libtorch-copy} a copy of the gradients, for the memory's
 * bandwidth.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 7, time = 2)
public class OptimizerStepBench {

  /** Sets of parameters. */
  public enum Tensors {
    /** 50 matrices of 400 × 1000: 20 million. */
    MATRICES_20M {
      @Override
      List<Shape> shapes() {
        return Collections.nCopies(50, new Shape(400, 1000));
      }
    },
    /** The shapes of GPT-2 (124 million): 148 tensors. */
    GPT2_124M {
      @Override
      List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>(List.of(new Shape(50257, 768), new Shape(1024, 768)));
        for (int layer = 0; layer < 12; layer++) {
          for (long[] linear : new long[][] {{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}}) {
            shapes.add(new Shape(linear));
            shapes.add(new Shape(linear[0]));
          }
          shapes.addAll(Collections.nCopies(4, new Shape(768)));
        }
        shapes.addAll(Collections.nCopies(2, new Shape(768)));
        return shapes;
      }
    };

    abstract List<Shape> shapes();
  }

  /** The optimiser under test. */
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

  /** Who asks for a step of Pullback's own optimisers. */
  public enum Driver {
    /** A loop that calls {@code optimizer.step()}. */
    LOOP,
    /** DJL's trainer, whose parameter server copies every gradient first. */
    TRAINER
  }

  /** Who asks for a step of Pullback's own optimisers; DJL's always run under its trainer. */
  @Param("LOOP")
  public Driver driver;

  private static final NDIndex ALL = new NDIndex("...");

  private NDManager manager;
  private List<Parameter> parameters;
  private NDList weights;
  private NDList gradients;
  private NDList source;
  private StepOptimizer own;
  private Runnable step;

  /** Creates parameters with gradients. */
  @Setup
  public void create() {
    manager = NDManager.newBaseManager("PyTorch");
    ParameterBlock block = new ParameterBlock(tensors.shapes());
    block.initialize(manager, DataType.FLOAT32);
    parameters = block.getParameters().values();
    weights = new NDList(parameters.stream().map(Parameter::getArray).toList());
    source = new NDList();
    weights.forEach(w -> source.add(manager.randomNormal(w.getShape())));
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDList sums = new NDList();
      weights.forEach(w -> sums.add(w.sum()));
      collector.backward(NDArrays.stack(sums).sum());
    }
    gradients = new NDList(weights.stream().map(NDArray::getGradient).toList());
    step =
        switch (optimizer) {
          case "libtorch-copy" -> peer("copy");
          case "libtorch-adamw" -> peer("fused_adamw");
          case "djl-sgd" ->
              server(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(1e-6f)).build());
          case "djl-adamw" -> server(Optimizer.adamW().build());
          default -> own(block);
        };
  }

  private Runnable peer(String method) {
    Program program =
        EngineSupport.of(weights.head()).program(OptimizerStepBench.class, "peers").orElseThrow();
    NDList first = new NDList(weights.stream().map(NDArray::zerosLike).toList());
    NDList second = new NDList(weights.stream().map(NDArray::zerosLike).toList());
    return () -> program.run(method, List.of(weights, gradients, first, second), 1);
  }

  private Runnable own(ParameterBlock block) {
    own = Optimizers.builder(optimizer, Map.of("lr", 1e-6)).optKernels(kernels).build();
    own.bind(block);
    Runnable update = driver == Driver.TRAINER ? server(own) : own::step;
    return () -> {
      own.observeLoss(1.0);
      update.run();
    };
  }

  private Runnable server(Optimizer tested) {
    ParameterServer server = new LocalParameterServer(tested);
    return () -> {
      for (Parameter parameter : parameters) {
        server.update(parameter.getId(), new NDArray[] {parameter.getArray()});
      }
    };
  }

  /** The optimisers leave gradients of zero behind; gives them new ones. */
  @Setup(Level.Invocation)
  public void setGradients() {
    for (int i = 0; i < gradients.size(); i++) {
      gradients.get(i).set(ALL, source.get(i));
    }
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
    step.run();
  }
}
