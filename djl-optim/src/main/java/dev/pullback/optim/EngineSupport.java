package dev.pullback.optim;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;

/**
 * What engines do differently, seen from an optimiser; chosen once by name, found through DJL's
 * public API only.
 */
interface EngineSupport {

  /** Whether several backward passes add up in a gradient until it is cleared. */
  boolean accumulatesGradients();

  /**
   * Returns an array of the same memory that may be changed in place even while gradients are
   * collected.
   */
  NDArray writable(NDArray weight);

  /** Tells whether a loss was computed to be differentiated, not merely evaluated. */
  boolean isDifferentiated(NDArray loss);

  static EngineSupport of(Engine engine) {
    return "PyTorch".equals(engine.getEngineName()) ? new PyTorch() : new Overwriting();
  }

  /** Gradients accumulate; a result knows whether it belongs to a graph. */
  final class PyTorch implements EngineSupport {

    @Override
    public boolean accumulatesGradients() {
      return true;
    }

    @Override
    public NDArray writable(NDArray weight) {
      return weight.stopGradient();
    }

    @Override
    public boolean isDifferentiated(NDArray loss) {
      return loss.hasGradient();
    }
  }

  /** Each backward pass overwrites the gradients; only leaves know of gradients. */
  final class Overwriting implements EngineSupport {

    @Override
    public boolean accumulatesGradients() {
      return false;
    }

    @Override
    public NDArray writable(NDArray weight) {
      return weight;
    }

    @Override
    public boolean isDifferentiated(NDArray loss) {
      return true;
    }
  }
}
