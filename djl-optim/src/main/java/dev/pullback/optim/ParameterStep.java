package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One parameter in one step: what an {@link UpdateRule} reads. All arrays have the shape of the
 * parameter unless the rule asked for another one; they belong to the optimiser and must not be
 * closed by the rule.
 */
public final class ParameterStep {

  private final ParameterInfo info;
  private final NDArray weight;
  private final Supplier<NDArray> source;
  private final Map<String, NDArray> state;
  private final long updates;
  private final double rateRatio;
  private NDArray gradient;

  ParameterStep(
      ParameterInfo info,
      NDArray weight,
      Supplier<NDArray> source,
      Map<String, NDArray> state,
      long updates,
      double rateRatio) {
    this.info = info;
    this.weight = weight;
    this.source = source;
    this.state = state;
    this.updates = updates;
    this.rateRatio = rateRatio;
  }

  /**
   * Returns the parameter's path, shape and data type.
   *
   * @return what is known of the parameter without its values
   */
  public ParameterInfo info() {
    return info;
  }

  /**
   * Returns the weight. Read only.
   *
   * @return the weight θ
   */
  public NDArray weight() {
    return weight;
  }

  /**
   * Returns the gradient of this step, after rescaling and clipping. Read only.
   *
   * @return the gradient g
   */
  public NDArray gradient() {
    if (gradient == null) {
      gradient = source.get();
    }
    return gradient;
  }

  /** Forgets the gradient, which belongs to a scope that ends; it is computed again. */
  void release() {
    gradient = null;
  }

  /**
   * Returns a state array of the rule, to be updated in place; zero before the first update.
   *
   * @param name a name that the rule's {@link UpdateRule#stateShapes} listed
   * @return the state array
   */
  public NDArray state(String name) {
    return state.get(name);
  }

  /**
   * Returns how often this parameter has been updated, this step included. It differs from the
   * step's number for a parameter that was added later or was frozen for a while.
   *
   * @return t ≥ 1, for bias corrections
   */
  public long updates() {
    return updates;
  }

  /**
   * Returns the learning rate of the parameter's update before over that of this step, for state
   * that contains the learning rate.
   *
   * @return the ratio, 0 where either rate is 0
   */
  public double rateRatio() {
    return rateRatio;
  }
}
