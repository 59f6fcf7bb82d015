package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * ADOPT: Adam that divides by the mean square of the steps before, and before it averages. The
 * first step only looks, v ← g². From the second on, k = t - 1: n = g / max(sqrt(v), ε), clipped to
 * ±k^¼; m ← β1 m + (1-β1) n, which is the direction; v ← β2 v + (1-β2) g².
 *
 * @param beta1 β1 in [0, 1)
 * @param beta2 β2 in [0, 1)
 * @param epsilon ε ≥ 0
 * @see <a href="https://arxiv.org/abs/2411.02853">Taniguchi et al., ADOPT: Modified Adam Can
 *     Converge with Any β2 with the Optimal Rate (2024), algorithm 2</a>
 */
record AdoptRule(double beta1, double beta2, double epsilon) implements UpdateRule {

  private static final String MOMENTUM = NesterovAdamRule.MOMENTUM;
  private static final String MEAN_SQUARE = NesterovAdamRule.MEAN_SQUARE;

  /** Checks the ranges. */
  AdoptRule {
    Checks.decayRate("beta1", beta1);
    Checks.decayRate("beta2", beta2);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "adopt";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("beta1", beta1, "beta2", beta2, "eps", epsilon);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return NesterovAdamRule.moments(parameter);
  }

  @Override
  public Direction direction(ParameterStep p) {
    long k = p.updates() - 1;
    return new Direction() {
      @Override
      public NDArray value() {
        return k == 0 ? p.gradient().zerosLike() : next(p.state(MOMENTUM).mul(beta1));
      }

      @Override
      public boolean moves() {
        return k > 0;
      }

      private NDArray next(NDArray decayed) {
        double bound = Math.pow((double) k, 0.25);
        NDArray root = p.state(MEAN_SQUARE).sqrt().maximum(Scalars.epsilon(epsilon));
        return decayed.addi(p.gradient().div(root).clip(-bound, bound).muli(1 - beta1));
      }

      @Override
      public void commit() {
        NDArray square = p.gradient().mul(p.gradient());
        if (k == 0) {
          p.state(MEAN_SQUARE).addi(square);
        } else {
          next(p.state(MOMENTUM).muli(beta1));
          p.state(MEAN_SQUARE).muli(beta2).addi(square.muli(1 - beta2));
        }
      }
    };
  }
}
