package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * Lion: the direction is sign(β1 m + (1-β1) g); m ← β2 m + (1-β2) g.
 *
 * @param beta1 β1 in [0, 1)
 * @param beta2 β2 in [0, 1)
 * @see <a href="https://arxiv.org/abs/2302.06675">Chen et al., Symbolic Discovery of Optimization
 *     Algorithms (2023)</a>
 */
record LionRule(double beta1, double beta2) implements UpdateRule {

  static final String MOMENTUM = "momentum";

  /** Checks the ranges. */
  LionRule {
    Checks.decayRate("beta1", beta1);
    Checks.decayRate("beta2", beta2);
  }

  @Override
  public String name() {
    return "lion";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("beta1", beta1, "beta2", beta2);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return Map.of(MOMENTUM, parameter.shape());
  }

  @Override
  public Direction direction(ParameterStep p) {
    return new Direction() {
      @Override
      public NDArray value() {
        return p.state(MOMENTUM).mul(beta1).addi(p.gradient().mul(1 - beta1)).sign();
      }

      @Override
      public void commit() {
        p.state(MOMENTUM).muli(beta2).addi(p.gradient().mul(1 - beta2));
      }
    };
  }
}
