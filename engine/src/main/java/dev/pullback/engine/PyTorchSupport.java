package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Optional;
import java.util.function.Supplier;

/** PyTorch: gradients accumulate by themselves. */
final class PyTorchSupport implements EngineSupport {

  @Override
  public <T> T withoutGradients(Supplier<T> work) {
    boolean before = isCollectingGradients();
    JniUtils.setGradMode(false);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  @Override
  public boolean isCollectingGradients() {
    return JniUtils.isGradMode();
  }

  @Override
  public Optional<NDArray> differentiationWitness(NDArray value) {
    NDArray witness = value.getManager().zeros(new Shape(), value.getDataType(), value.getDevice());
    witness.setRequiresGradient(true);
    return Optional.of(witness);
  }

  @Override
  public boolean wasDifferentiated(NDArray witness) {
    try (PtNDArray gradient = JniUtils.getGradient((PtNDArray) witness)) {
      return gradient != null;
    }
  }

  @Override
  public boolean mayLoseNumbers() {
    return true;
  }

  @Override
  public void clearGradients(NDList weights) {
    for (NDArray weight : weights) {
      PtNDArray array = (PtNDArray) weight;
      try (PtNDArray gradient = JniUtils.getGradient(array)) {
        if (gradient != null) { // null for a parameter that no backward pass has reached
          JniUtils.zeroGrad(array);
        }
      }
    }
  }

  /** {@code copyTo} would leave the target on memory of a Java buffer that may be freed. */
  @Override
  public void assign(NDArray target, NDArray source) {
    target.set(new NDIndex("..."), source);
  }

  /**
   * {@code mul(Number)} must not be used here: DJL wraps the number's Java memory without copying
   * it and lets go of it at once, while autograd keeps the wrapped tensor for the backward pass,
   * which then reads freed memory. This number lives in the engine's own memory.
   */
  @Override
  public NDArray multiply(NDArray x, double number) {
    try (NDArray factor = constant(x, number)) {
      return x.mul(factor);
    }
  }

  @Override
  public NDArray add(NDArray x, double number) {
    try (NDArray term = constant(x, number)) {
      return x.add(term);
    }
  }

  @Override
  public Optional<Program> program(Class<?> owner, String name) {
    return Optional.of(TorchProgram.of(owner, name));
  }

  private static NDArray constant(NDArray x, double number) {
    return x.getManager().full(new Shape(1), (float) number, x.getDataType());
  }
}
