package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum: b ← μ b + g; θ ← θ - η b. No dampening, no bias
 * correction.
 *
 * @param momentum μ in [0, 1)
 */
record SgdRule(double momentum) implements KernelRule {

  private static final String MOMENTUM = "momentum";

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
  public Kernel kernel(StepContext context) {
    return new Kernel("sgd", MOMENTUM, Kernel.NONE, List.of(momentum));
  }

  @Override
  public PreparedStep prepare(StepContext context) {
    return p -> {
      NDArray b = p.state(MOMENTUM);
      b.muli(momentum).addi(p.gradient());
      p.weight().subi(b.mul(context.learningRate()));
    };
  }
}
