package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * Arithmetic with a number inside a computation that will be differentiated.
 *
 * <p>{@code NDArray.mul(Number)} must not be used there on PyTorch: DJL wraps the number's Java
 * memory without copying it and lets go of it at once, while autograd keeps the wrapped tensor for
 * the backward pass, which then reads freed memory. Here the number lives in the engine's own
 * memory.
 */
final class Constant {

  private Constant() {}

  /** Returns x times a number. */
  static NDArray multiply(NDArray x, double number) {
    try (NDArray factor = x.getManager().full(new Shape(1), (float) number, x.getDataType())) {
      return x.mul(factor);
    }
  }

  /** Returns x plus a number. */
  static NDArray add(NDArray x, double number) {
    try (NDArray term = x.getManager().full(new Shape(1), (float) number, x.getDataType())) {
      return x.add(term);
    }
  }
}
