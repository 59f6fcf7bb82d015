package dev.pullback.optim;

import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * A metric of matrices from averages of G Gᵀ and GᵀG, cut into blocks; of what is no matrix, or
 * empty, Adam's denominator.
 */
sealed interface FactoredMetric extends AmbientMetric permits ShampooMetric, SoapMetric {

  /** β of all averages, in [0, 1). */
  double betaRms();

  /** ε ≥ 0. */
  double epsilon();

  /** Sides, blocks and renewal. */
  MatrixBlocks blocks();

  /** Names the state of a matrix. */
  Map<String, Shape> matrixState(ParameterInfo matrix);

  /** Prepares γ⁻¹ of a matrix. */
  Inverse matrixInverse(ParameterStep matrix);

  @Override
  default Map<String, Object> hyperparameters() {
    return Map.of(
        "beta_rms",
        betaRms(),
        "eps",
        epsilon(),
        "every",
        blocks().every(),
        "longest_side",
        blocks().longestSide(),
        "block",
        blocks().block());
  }

  @Override
  default Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return hasFactors(parameter) ? matrixState(parameter) : rms().stateShapes(parameter);
  }

  @Override
  default Inverse inverse(ParameterStep p) {
    return hasFactors(p.info()) ? matrixInverse(p) : rms().inverse(p);
  }

  @Override
  default boolean preparesAll() {
    return true;
  }

  @Override
  default boolean needsDecompositions() {
    return true;
  }

  private AmbientMetric rms() {
    return AmbientMetric.rms(betaRms(), epsilon());
  }

  private static boolean hasFactors(ParameterInfo parameter) {
    return parameter.isMatrix() && parameter.shape().size() > 0;
  }
}
