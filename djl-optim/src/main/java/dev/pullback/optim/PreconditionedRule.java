package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The average gradient under an ambient metric: m ← μ m + (1-μ) g; the direction is γ⁻¹ m̂ with m̂
 * = m / (1 - μ^t). With the RMS metric this is Adam, with the Euclidean one gradient descent.
 *
 * @param metric γ
 * @param momentum μ in [0, 1)
 */
record PreconditionedRule(AmbientMetric metric, double momentum) implements UpdateRule {

  static final String MOMENTUM = "momentum";

  /** Checks the range. */
  PreconditionedRule {
    Checks.decayRate("momentum", momentum);
  }

  @Override
  public String name() {
    return metric.name();
  }

  @Override
  public Map<String, Object> hyperparameters() {
    Map<String, Object> all = new LinkedHashMap<>(metric.hyperparameters());
    if (all.put("momentum", momentum) != null) {
      throw new IllegalStateException(
          "The metric %s names a hyperparameter momentum, which the optimiser has already"
              .formatted(name()));
    }
    return all;
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return UpdateRule.requireDistinct(
        "The metric " + name(),
        List.of(Map.of(MOMENTUM, parameter.shape()), metric.stateShapes(parameter)));
  }

  @Override
  public boolean preparesAll() {
    return metric.preparesAll();
  }

  @Override
  public boolean needsDecompositions() {
    return metric.needsDecompositions();
  }

  @Override
  public Linear direction(ParameterStep parameter) {
    return new Linear(parameter, metric.inverse(parameter), momentum);
  }

  /**
   * A direction that is linear in the momentum.
   *
   * @param parameter the parameter
   * @param inverse γ⁻¹ of this step
   * @param mu the rate of the momentum
   */
  record Linear(ParameterStep parameter, AmbientMetric.Inverse inverse, double mu)
      implements Direction {

    /** Returns the momentum m̂ of this step, bias-corrected. */
    NDArray momentum() {
      return next().divi(Scalars.biasCorrection(mu, parameter.updates()));
    }

    private NDArray next() {
      return parameter.state(MOMENTUM).mul(mu).addi(parameter.gradient().mul(1 - mu));
    }

    @Override
    public NDArray value() {
      return inverse.apply(momentum());
    }

    @Override
    public void commit() {
      parameter.state(MOMENTUM).muli(mu).addi(parameter.gradient().mul(1 - mu));
      inverse.commit();
    }
  }
}
