package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import dev.pullback.engine.EngineSupport;

/** The two forms of the Gaussian error linear unit. */
public enum Gelu {
  /** x Φ(x), by the error function. */
  ERF {
    @Override
    NDArray apply(EngineSupport engine, NDArray x) {
      return Activation.gelu(x);
    }
  },
  /** 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))). */
  TANH {
    @Override
    NDArray apply(EngineSupport engine, NDArray x) {
      NDArray cubic = engine.add(engine.multiply(x.mul(x), 0.044715), 1).mul(x);
      NDArray bell = Activation.tanh(engine.multiply(cubic, Math.sqrt(2 / Math.PI)));
      return engine.multiply(engine.add(bell, 1).mul(x), 0.5);
    }
  };

  /** Applies the function to every element. */
  abstract NDArray apply(EngineSupport engine, NDArray x);
}
