package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * RMSprop with momentum: v ← d v + (1-d) g², not bias-corrected; u = g / sqrt(v + ε); b ← μ b + η
 * u; θ ← θ - b. The state keeps b / η, which is the direction, so that b is what it was when η
 * changes.
 *
 * @param decay d in [0, 1)
 * @param momentum μ in [0, 1)
 * @param epsilon ε ≥ 0, inside the root
 * @see <a href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Tieleman,
 *     Hinton, Neural Networks for Machine Learning, lecture 6 (2012)</a>
 */
record RmsPropRule(double decay, double momentum, double epsilon) implements UpdateRule {

  private static final String MOMENTUM = NesterovAdamRule.MOMENTUM;
  private static final String MEAN_SQUARE = NesterovAdamRule.MEAN_SQUARE;

  /** Checks the ranges. */
  RmsPropRule {
    Checks.decayRate("decay", decay);
    Checks.decayRate("momentum", momentum);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "rmsprop";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("decay", decay, "momentum", momentum, "eps", epsilon);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return NesterovAdamRule.moments(parameter);
  }

  @Override
  public Direction direction(ParameterStep p) {
    return new Direction() {
      @Override
      public NDArray value() {
        return next(p.state(MOMENTUM).mul(momentum * p.rateRatio()));
      }

      private NDArray next(NDArray decayed) {
        NDArray v = p.state(MEAN_SQUARE).mul(decay).addi(square());
        return decayed.addi(p.gradient().div(v.addi(Scalars.epsilon(epsilon)).sqrt()));
      }

      private NDArray square() {
        return p.gradient().mul(p.gradient()).muli(1 - decay);
      }

      @Override
      public void commit() {
        next(p.state(MOMENTUM).muli(momentum * p.rateRatio()));
        p.state(MEAN_SQUARE).muli(decay).addi(square());
      }
    };
  }
}
