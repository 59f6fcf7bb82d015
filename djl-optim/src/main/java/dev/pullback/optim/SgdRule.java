package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum: b ← μ b + g, which is the direction. No dampening, no
 * bias correction.
 *
 * @param momentum μ in [0, 1)
 */
record SgdRule(double momentum) implements UpdateRule {

  static final String MOMENTUM = "momentum";

  /** Checks the range. */
  SgdRule {
    Checks.decayRate("momentum", momentum);
  }

  @Override
  public String name() {
    return "sgd";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("momentum", momentum);
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
        return p.state(MOMENTUM).mul(momentum).addi(p.gradient());
      }

      @Override
      public void commit() {
        p.state(MOMENTUM).muli(momentum).addi(p.gradient());
      }
    };
  }
}
