package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import dev.pullback.optim.Kernels;
import java.util.Optional;

/** The choice between a model's program and its portable path. */
final class NativeKernels {

  private NativeKernels() {}

  /**
   * Finds the program that passes are to be computed by.
   *
   * @param input an array of the engine that computes
   * @param name the program's resource in this package, without its ending
   * @param model what the messages call the model
   * @param kernels what was asked for
   * @param precision the number formats
   * @return the program; empty where the portable path is to be taken
   * @throws IllegalStateException if it is asked for, or mixed precision needs it, and there is
   *     none
   */
  static Optional<Program> find(
      NDArray input, String name, String model, Kernels kernels, Precision precision) {
    if (kernels == Kernels.PORTABLE && precision == Precision.FLOAT32) {
      return Optional.empty();
    }
    String engine = input.getManager().getEngine().getEngineName();
    Optional<Program> program = Optional.empty();
    String obstacle = engine + " runs no programs";
    if (kernels == Kernels.PORTABLE) {
      obstacle = "the portable kernels were asked for";
    } else {
      try {
        program = EngineSupport.of(input).program(NativeKernels.class, name);
      } catch (IllegalStateException e) {
        obstacle = e.getMessage();
      }
    }
    if (program.isEmpty() && precision == Precision.MIXED) {
      throw new IllegalStateException(
          "Mixed precision needs PyTorch's native kernels (%s); use float32".formatted(obstacle));
    }
    if (program.isEmpty() && kernels == Kernels.NATIVE) {
      throw new IllegalStateException(
          "There are no native kernels for the %s (%s); use the portable ones"
              .formatted(model, obstacle));
    }
    return program;
  }
}
