package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import java.util.Map;

/** The ambient metrics of the library. */
final class AmbientMetrics {

  private AmbientMetrics() {}

  /** γ = 1. */
  record Euclidean() implements AmbientMetric {

    @Override
    public Map<String, Shape> stateShapes(ParameterInfo parameter) {
      return Map.of();
    }

    @Override
    public AmbientMetric.Inverse inverse(ParameterStep parameter) {
      return covector -> covector;
    }
  }

  /**
   * γ = diag(sqrt(v̂) + ε).
   *
   * @param betaRms β_rms in [0, 1)
   * @param epsilon ε ≥ 0
   */
  record Rms(double betaRms, double epsilon) implements AmbientMetric {

    static final String MEAN_SQUARE = "meanSquare";

    /** Checks the ranges. */
    Rms {
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
    public AmbientMetric.Inverse inverse(ParameterStep parameter) {
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
    AdaGrad {
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

    /** Sums may leave the range. */
    @Override
    public boolean preparesAll() {
      return true;
    }

    @Override
    public AmbientMetric.Inverse inverse(ParameterStep parameter) {
      NDArray state = parameter.state(SUM_OF_SQUARES);
      NDArray g = parameter.gradient();
      NDArray sum;
      try (NDArray added = g.mul(g)) {
        sum = state.add(added);
      }
      if (sum.size() > 0
          && Double.isInfinite(
              HostValues.read(sum.max().toType(DataType.FLOAT64, false), NDArray::getDouble))) {
        throw new TrainingDivergedException(
            "The sum of squared gradients of %s leaves the range of %s"
                .formatted(parameter.info().path(), sum.getDataType()));
      }
      NDArray d = sum.sqrt().addi(Scalars.epsilon(epsilon));
      return diagonal(d, () -> EngineSupport.of(state).assign(state, sum));
    }
  }

  /** The inverse of diag(d), with what is to be done on commit. */
  private static AmbientMetric.Inverse diagonal(NDArray d, Runnable commit) {
    return new AmbientMetric.Inverse() {
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
