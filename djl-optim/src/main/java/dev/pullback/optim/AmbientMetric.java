package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import java.util.Map;

/**
 * The metric γ on the parameters before the loss landscape is added to it: any preconditioner,
 * given by how its inverse acts on a gradient.
 */
public interface AmbientMetric {

  /**
   * Returns what the metric is called in messages and in files of state.
   *
   * @return the name, for example {@code rms}
   */
  default String name() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the metric's hyperparameters, as {@link UpdateRule#hyperparameters} does.
   *
   * @return values by name; none of them {@code momentum}
   */
  default Map<String, Object> hyperparameters() {
    return Map.of();
  }

  /**
   * Names the state that the metric keeps for a parameter; each array starts at zero.
   *
   * @param parameter the parameter
   * @return shapes by name; no name is {@code momentum}, {@code updates}, {@code weight} or {@code
   *     lastRate}
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
   * Tells whether a step must prepare the inverses of all parameters before it changes anything,
   * because preparing may fail or is too expensive to be repeated.
   *
   * @return whether inverses are kept while the step is prepared
   */
  default boolean preparesAll() {
    return false;
  }

  /**
   * Tells whether the engine must decompose matrices, which DJL's MXNet engine cannot.
   *
   * @return whether eigendecompositions are needed
   */
  default boolean needsDecompositions() {
    return false;
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

  /**
   * Shampoo: γ = L^¼ ⊗ R^¼ for matrices, with the average outer products L and R of their
   * gradients; RMS with the same rate and ε for everything else. Needs eigendecompositions, which
   * DJL's MXNet engine does not have.
   *
   * @param betaRms β in [0, 1), the decay rate of L, R and the mean square
   * @param epsilon ε ≥ 0, added to the eigenvalues
   * @param blocks sides, blocks and renewal
   * @return a metric that keeps L, R and their roots
   * @see <a href="https://arxiv.org/abs/1802.09568">Gupta, Koren, Singer, Shampoo (2018)</a>
   */
  static AmbientMetric shampoo(double betaRms, double epsilon, MatrixBlocks blocks) {
    return new ShampooMetric(betaRms, epsilon, blocks);
  }

  /**
   * SOAP: the RMS metric in the eigenbasis of Shampoo's L and R for matrices, RMS with the same
   * rate and ε for everything else. A matrix stays where it is in its first step. Needs
   * eigendecompositions, which DJL's MXNet engine does not have.
   *
   * @param betaRms β in [0, 1), the decay rate of L, R and the mean square
   * @param epsilon ε ≥ 0, added to the root
   * @param blocks sides, blocks and renewal
   * @return a metric that keeps L, R, their eigenbases and the mean square within them
   * @see <a href="https://arxiv.org/abs/2409.11321">Vyas et al., SOAP (2024)</a>
   */
  static AmbientMetric soap(double betaRms, double epsilon, MatrixBlocks blocks) {
    return new SoapMetric(betaRms, epsilon, blocks);
  }
}
