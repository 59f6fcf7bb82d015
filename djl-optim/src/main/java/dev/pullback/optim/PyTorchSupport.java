package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/** PyTorch: gradients accumulate, and leaves that require one refuse changes while collecting. */
final class PyTorchSupport implements EngineSupport {

  @Override
  public boolean accumulatesGradients() {
    return true;
  }

  @Override
  public void clearGradient(NDArray weight) {
    PtNDArray array = (PtNDArray) weight;
    try (PtNDArray gradient = JniUtils.getGradient(array)) {
      if (gradient != null) { // null for a parameter that no backward pass has reached
        JniUtils.zeroGrad(array);
      }
    }
  }

  @Override
  public NDArray writable(NDArray weight) {
    return weight.stopGradient();
  }

  /** {@code copyTo} would leave the target on memory of a Java buffer that may be freed. */
  @Override
  public void assign(NDArray target, NDArray source) {
    target.set(new NDIndex("..."), source);
  }

  @Override
  public boolean isCollectingGradients() {
    return JniUtils.isGradMode();
  }
}
