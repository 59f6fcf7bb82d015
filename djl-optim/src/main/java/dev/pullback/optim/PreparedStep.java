package dev.pullback.optim;

import java.util.Map;

/**
 * A step that is known to be usable and only has to be carried out. Nothing has changed yet when an
 * {@link UpdateRule} returns it.
 */
@FunctionalInterface
public interface PreparedStep {

  /**
   * Updates one parameter's weight and state in place.
   *
   * @param parameter the parameter
   */
  void update(ParameterStep parameter);

  /**
   * Returns the numbers to keep for the model as a whole.
   *
   * @return the new values by name
   */
  default Map<String, Double> scalars() {
    return Map.of();
  }

  /**
   * Returns the trace T = Σ γ^{ij} ∂_iL ∂_jL.
   *
   * @return T, or NaN for a rule without an induced metric
   */
  default double trace() {
    return Double.NaN;
  }

  /**
   * Returns the metric scale s by which the update is multiplied.
   *
   * @return s, or NaN for a rule without an induced metric
   */
  default double metricScale() {
    return Double.NaN;
  }
}
