package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;

/** PyTorch: gradients accumulate, and leaves that require one refuse changes while collecting. */
final class PyTorchSupport implements EngineSupport {

  @Override
  public boolean accumulatesGradients() {
    return true;
  }

  @Override
  public NDArray writable(NDArray weight) {
    return weight.stopGradient();
  }

  @Override
  public boolean isCollectingGradients() {
    return JniUtils.isGradMode();
  }
}
