package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
    return new AmbientMetrics.Euclidean();
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
    return new AmbientMetrics.Rms(betaRms, epsilon);
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
    return new AmbientMetrics.AdaGrad(epsilon);
  }
}
