package dev.pullback.optim;

import ai.djl.ndarray.NDArray;

/** An engine whose backward pass overwrites gradients, as MXNet's does. */
final class OverwritingSupport implements EngineSupport {

  @Override
  public boolean accumulatesGradients() {
    return false;
  }

  @Override
  public void clearGradient(NDArray weight) {}

  @Override
  public NDArray writable(NDArray weight) {
    return weight;
  }

  @Override
  public void assign(NDArray target, NDArray source) {
    source.copyTo(target);
  }

  @Override
  public boolean isCollectingGradients() {
    return true; // the engine does not say; the latest loss before a step is the one that counts
  }
}
