package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;

/** The two forms of the Gaussian error linear unit. */
public enum Gelu {
  /** x Φ(x), by the error function. */
  ERF {
    @Override
    NDArray apply(NDArray x) {
      return Activation.gelu(x);
    }
  },
  /** 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))). */
  TANH {
    @Override
    NDArray apply(NDArray x) {
      NDArray inner = x.mul(x).mul(0.044715f).add(1).mul(x).mul((float) Math.sqrt(2 / Math.PI));
      return inner.tanh().add(1).mul(x).mul(0.5f);
    }
  };

  /** Applies the function to every element. */
  abstract NDArray apply(NDArray x);
}
