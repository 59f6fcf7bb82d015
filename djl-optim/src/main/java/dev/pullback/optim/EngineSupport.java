package dev.pullback.optim;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;

/** What engines do differently, seen from an optimiser; chosen once by the engine's name. */
interface EngineSupport {

  /** Whether several backward passes add up in a gradient until it is cleared. */
  boolean accumulatesGradients();

  /** Clears a parameter's gradient, NaN too, where a backward pass would add to it. */
  void clearGradient(NDArray weight);

  /** Returns an array of the same memory that may be changed even while gradients are collected. */
  NDArray writable(NDArray weight);

  /** Copies values into an array that lives on, such as a key-value server's. */
  void assign(NDArray target, NDArray source);

  /** Whether what is computed now is computed to be differentiated, not merely evaluated. */
  boolean isCollectingGradients();

  /** Returns the support for the engine that made an array. */
  static EngineSupport of(NDArray array) {
    Engine engine = array.getManager().getEngine();
    return "PyTorch".equals(engine.getEngineName())
        ? new PyTorchSupport()
        : new OverwritingSupport();
  }
}
