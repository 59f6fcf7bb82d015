package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import java.util.Map;

/**
 * The metric γ on the parameters before the loss landscape is added to it: any preconditioner,
 * given by how its inverse acts on a gradient.
 */
public interface AmbientMetric {

  /**
   * Returns the metric's hyperparameters, as {@link UpdateRule#hyperparameters} does.
   *
   * @return values by name; none of them {@code xi}, {@code beta} or {@code momentum}
   */
  default Map<String, Object> hyperparameters() {
    return Map.of();
  }

  /**
   * Names the state that the metric keeps for a parameter; each array starts at zero.
   *
   * @param parameter the parameter
   * @return shapes by name
   */
  Map<String, Shape> stateShapes(ParameterInfo parameter);

  /**
   * Returns the inverse metric of this step, which has seen this step's gradient. Changes nothing.
   *
   * @param parameter the parameter
   * @return γ⁻¹ for this parameter
   * @throws TrainingDivergedException if the state would not be finite
   */
  Inverse inverse(ParameterStep parameter);

  /**
   * Computes the trace T = Σ γ^{ij} g_i g_j over all parameters.
   *
   * @param parameters all parameters with their inverse metrics of this step
   * @return T; it may be infinite or NaN
   */
  default double trace(Map<ParameterStep, Inverse> parameters) {
    NDList traces = new NDList();
    parameters.forEach(
        (p, inverse) -> traces.add(p.gradient().mul(inverse.apply(p.gradient())).sum()));
    return EngineSupport.sum(traces);
  }

  /** γ⁻¹ for one parameter in one step. */
  interface Inverse {

    /**
     * Applies γ⁻¹.
     *
     * @param covector an array of the parameter's shape, left unchanged
     * @return γ⁻¹ covector; it may be the very same array
     */
    NDArray apply(NDArray covector);

    /** Writes what the metric has learnt from this step's gradient into its state. */
    default void commit() {}
  }

  /**
   * The flat metric, γ = 1.
   *
   * @return a metric without state
   */
  static AmbientMetric euclidean() {
    return new Euclidean();
  }

  /**
   * The RMSprop/Adam preconditioner: d = sqrt(v / (1 - β_rms^t)) + ε with v ← β_rms v + (1 - β_rms)
   * g².
   *
   * @param betaRms β_rms in [0, 1), the decay rate of the mean square
   * @param epsilon ε ≥ 0, added to the root
   * @return a metric that keeps {@code meanSquare}
   */
  static AmbientMetric rms(double betaRms, double epsilon) {
    return new Rms(betaRms, epsilon);
  }

  /**
   * The AdaGrad preconditioner: d = sqrt(Σ g²) + ε over all steps so far.
   *
   * @param epsilon ε ≥ 0, added to the root
   * @return a metric that keeps {@code sumOfSquares}
   * @see <a href="https://jmlr.org/papers/v12/duchi11a.html">Duchi, Hazan, Singer, Adaptive
   *     Subgradient Methods (2011)</a>
   */
  static AmbientMetric adaGrad(double epsilon) {
    return new AdaGrad(epsilon);
  }

  /** γ = 1. */
  record Euclidean() implements AmbientMetric {

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of();
    }

    @Override
    public Inverse inverse(ParameterStep parameter) {
      return covector -> covector;
    }

    @Override
    public double trace(Map<ParameterStep, Inverse> parameters) {
      NDList gradients = new NDList();
      parameters.keySet().forEach(p -> gradients.add(p.gradient()));
      return EngineSupport.of(gradients.head()).sumOfSquares(gradients);
    }
  }

  /**
   * γ = diag(sqrt(v̂) + ε).
   *
   * @param betaRms β_rms in [0, 1)
   * @param epsilon ε ≥ 0
   */
  record Rms(double betaRms, double epsilon) implements AmbientMetric {

    private static final String MEAN_SQUARE = AdamRule.MEAN_SQUARE;

    /** Checks the ranges. */
    public Rms {
      Checks.decayRate("beta_rms", betaRms);
      Checks.nonNegative("eps", epsilon);
    }

    @Override
    public Map<String, Object> hyperparameters() {
      return Map.of("beta_rms", betaRms, "eps", epsilon);
    }

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of(MEAN_SQUARE, parameter.shape());
    }

    @Override
    public Inverse inverse(ParameterStep parameter) {
      NDArray state = parameter.state(MEAN_SQUARE);
      NDArray g = parameter.gradient();
      NDArray added = g.mul(g).muli(1 - betaRms);
      double correction = Scalars.biasCorrection(betaRms, parameter.updates());
      NDArray d =
          state.mul(betaRms).addi(added).divi(correction).sqrt().addi(Scalars.epsilon(epsilon));
      return diagonal(d, () -> state.muli(betaRms).addi(added));
    }
  }

  /**
   * γ = diag(sqrt(Σ g²) + ε).
   *
   * @param epsilon ε ≥ 0
   */
  record AdaGrad(double epsilon) implements AmbientMetric {

    private static final String SUM_OF_SQUARES = "sumOfSquares";

    /** Checks the range. */
    public AdaGrad {
      Checks.nonNegative("eps", epsilon);
    }

    @Override
    public Map<String, Object> hyperparameters() {
      return Map.of("eps", epsilon);
    }

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of(SUM_OF_SQUARES, parameter.shape());
    }

    @Override
    public Inverse inverse(ParameterStep parameter) {
      NDArray state = parameter.state(SUM_OF_SQUARES);
      NDArray g = parameter.gradient();
      NDArray added = g.mul(g);
      NDArray sum = state.add(added);
      if (sum.size() > 0
          && Double.isInfinite(sum.max().toType(DataType.FLOAT64, false).getDouble())) {
        throw new TrainingDivergedException(
            "The sum of squared gradients of %s leaves the range of %s"
                .formatted(parameter.info().path(), sum.getDataType()));
      }
      NDArray d = sum.sqrt().addi(Scalars.epsilon(epsilon));
      return diagonal(d, () -> state.addi(added));
    }
  }

  /** The inverse of diag(d), with what is to be done on commit. */
  private static Inverse diagonal(NDArray d, Runnable commit) {
    return new Inverse() {
      @Override
      public NDArray apply(NDArray covector) {
        return covector.div(d);
      }

      @Override
      public void commit() {
        commit.run();
      }
    };
  }
}
