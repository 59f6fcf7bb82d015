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
      NDArray cubic = Constant.add(Constant.multiply(x.mul(x), 0.044715), 1).mul(x);
      NDArray bell = Constant.multiply(cubic, Math.sqrt(2 / Math.PI)).tanh();
      return Constant.multiply(Constant.add(bell, 1).mul(x), 0.5);
    }
  };

  /** Applies the function to every element. */
  abstract NDArray apply(NDArray x);
}
