package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.LocalParameterServer;
import ai.djl.training.ParameterServer;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import java.util.Map;

/**
 * One whole step of an optimiser. {@code djl-adamw} and {@code djl-sgd} are DJL's own, driven as
 * {@code Trainer.step()} drives them, by a parameter server that copies every gradient first;
 * {@code trainer:NAME} drives Pullback's in the same way. {@code libtorch-adamw} is libtorch's
 * fused AdamW alone, and {@code libtorch-copy} a copy of the gradients, for the memory's bandwidth.
 */
final class StepUnderTest implements AutoCloseable {

  /** Bytes that the state of one parameter takes at most, for those with two moments. */
  static final int STATE_BYTES = 2 * Float.BYTES;

  private static final String TRAINER = "trainer:";

  private final Runnable step;
  private final Runnable free;

  private StepUnderTest(Runnable step, Runnable free) {
    this.step = step;
    this.free = free;
  }

  /**
   * Prepares a step.
   *
   * @param name one of the above, or of Pullback's optimisers
   * @param weights what it moves; several may share them
   * @param kernels how Pullback's own compute
   * @throws IllegalArgumentException if there is no such optimiser
   */
  static StepUnderTest of(String name, Weights weights, Kernels kernels) {
    return switch (name) {
      case "libtorch-copy" -> libtorch("copy", weights);
      case "libtorch-adamw" -> libtorch("fused_adamw", weights);
      case "djl-sgd" ->
          new StepUnderTest(
              server(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(1e-6f)).build(), weights),
              () -> {});
      case "djl-adamw" -> new StepUnderTest(server(Optimizer.adamW().build(), weights), () -> {});
      default -> pullback(name, weights, kernels);
    };
  }

  /**
   * Checks a name of one of Pullback's optimisers.
   *
   * @param name with or without {@code trainer:}
   * @throws IllegalArgumentException if there is no such optimiser
   */
  static void requireKnown(String name) {
    Optimizers.byName(own(name));
  }

  private static String own(String name) {
    return name.startsWith(TRAINER) ? name.substring(TRAINER.length()) : name;
  }

  private static StepUnderTest libtorch(String method, Weights weights) {
    NDList arrays = weights.arrays();
    Program program =
        EngineSupport.of(arrays.head()).program(StepUnderTest.class, "peers").orElseThrow();
    NDList first = new NDList(arrays.stream().map(NDArray::zerosLike).toList());
    NDList second = new NDList(arrays.stream().map(NDArray::zerosLike).toList());
    Map<String, Object> arguments =
        Map.of(
            "params", arrays,
            "grads", weights.gradients(),
            "first", first,
            "second", second,
            "step", 1.0);
    return new StepUnderTest(
        () -> program.run(method, arguments),
        () -> {
          first.close();
          second.close();
        });
  }

  private static StepUnderTest pullback(String name, Weights weights, Kernels kernels) {
    StepOptimizer own =
        Optimizers.builder(own(name), Map.of("lr", 1e-6)).optKernels(kernels).build();
    own.bind(weights.block());
    Runnable update = name.startsWith(TRAINER) ? server(own, weights) : own::step;
    return new StepUnderTest(
        () -> {
          own.observeLoss(1.0);
          update.run();
        },
        own::close);
  }

  private static Runnable server(Optimizer tested, Weights weights) {
    ParameterServer server = new LocalParameterServer(tested);
    return () -> {
      for (Parameter parameter : weights.parameters()) {
        server.update(parameter.getId(), new NDArray[] {parameter.getArray()});
      }
    };
  }

  void run() {
    step.run();
  }

  @Override
  public void close() {
    free.run();
  }
}
