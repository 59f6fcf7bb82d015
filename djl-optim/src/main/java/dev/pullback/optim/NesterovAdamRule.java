package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam with the Nesterov estimate of the first moment: m ← β1 m + (1-β1) g; v ← β2 v + (1-β2) g²;
 * the direction is (β1 m / (1 - β1^(t+1)) + (1-β1) g / (1 - β1^t)) / (sqrt(v̂) + ε).
 *
 * @param beta1 β1 in [0, 1)
 * @param beta2 β2 in [0, 1)
 * @param epsilon ε ≥ 0
 * @see <a href="https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ">Dozat, Incorporating Nesterov
 *     Momentum into Adam (2016)</a>
 */
record NesterovAdamRule(double beta1, double beta2, double epsilon) implements UpdateRule {

  static final String MOMENTUM = "momentum";
  static final String MEAN_SQUARE = "meanSquare";

  /** Checks the ranges. */
  NesterovAdamRule {
    Checks.decayRate("beta1", beta1);
    Checks.decayRate("beta2", beta2);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "nadam";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("beta1", beta1, "beta2", beta2, "eps", epsilon);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return moments(parameter);
  }

  /** Two arrays of the parameter's shape: an average gradient and an average square. */
  static Map<String, Shape> moments(ParameterInfo parameter) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(MOMENTUM, parameter.shape());
    shapes.put(MEAN_SQUARE, parameter.shape());
    return shapes;
  }

  @Override
  public Direction direction(ParameterStep p) {
    return new Direction() {
      @Override
      public NDArray value() {
        NDArray g = p.gradient();
        NDArray v = p.state(MEAN_SQUARE).mul(beta2).addi(g.mul(g).muli(1 - beta2));
        NDArray d =
            v.divi(Scalars.biasCorrection(beta2, p.updates()))
                .sqrt()
                .addi(Scalars.epsilon(epsilon));
        return nesterov(p, MOMENTUM, beta1).divi(d);
      }

      @Override
      public void commit() {
        NDArray g = p.gradient();
        p.state(MOMENTUM).muli(beta1).addi(g.mul(1 - beta1));
        p.state(MEAN_SQUARE).muli(beta2).addi(g.mul(g).muli(1 - beta2));
      }
    };
  }

  /** The bias-corrected average as it will be after one more step with the same gradient. */
  static NDArray nesterov(ParameterStep p, String momentum, double beta) {
    NDArray g = p.gradient();
    return p.state(momentum)
        .mul(beta)
        .addi(g.mul(1 - beta))
        .muli(beta / Scalars.biasCorrection(beta, p.updates() + 1))
        .addi(g.mul((1 - beta) / Scalars.biasCorrection(beta, p.updates())));
  }
}
