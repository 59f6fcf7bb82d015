package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;

/**
 * The embedding f of the loss as one more dimension beside the parameters, given by its derivative.
 * With xiTrace = ξT the metric scale is s = f'(L) / (1 + f'(L)² ξT).
 *
 * @see <a href="https://arxiv.org/abs/2509.03594">arXiv 2509.03594</a>
 */
public sealed interface LossEmbedding {

  /**
   * Computes the derivative at this step's loss.
   *
   * @param step the number of the step
   * @param loss reads the training loss of the step; it is fetched from the device only when asked
   *     for
   * @return f'(L) ≥ 0
   * @throws TrainingDivergedException if the loss is outside the embedding's domain
   * @throws IllegalStateException if the loss is needed and nobody passed it
   */
  double slope(long step, DoubleSupplier loss);

  /**
   * Computes the metric scale.
   *
   * @param xiTrace the smoothed and bias-corrected ξT
   * @param slope f'(L) ≥ 0
   * @return s ≥ 0
   */
  default double metricScale(double xiTrace, double slope) {
    return slope == 0 ? 0 : 1 / (1 / slope + slope * xiTrace); // so that no square can overflow
  }

  /** f(L) = L, s = 1 / (1 + |ξT|). Does not need the loss. */
  record Linear() implements LossEmbedding {

    @Override
    public double slope(long step, DoubleSupplier observed) {
      return 1;
    }

    @Override
    public double metricScale(double xiTrace, double slope) {
      return LossEmbedding.super.metricScale(Math.abs(xiTrace), slope);
    }
  }

  /** f(L) = ln L, s = L / (L² + ξT), for losses above 0. */
  record Log() implements LossEmbedding {

    @Override
    public double slope(long step, DoubleSupplier observed) {
      double loss = observed.getAsDouble();
      if (!(loss > 0) || Double.isInfinite(loss)) {
        throw new TrainingDivergedException(
            "Step %d: the log embedding needs a positive, finite loss, but it is %s"
                .formatted(step, loss));
      }
      return 1 / loss;
    }
  }

  /**
   * Any increasing f.
   *
   * @param derivative f', at least 0 and finite wherever the loss goes
   */
  record Custom(DoubleUnaryOperator derivative) implements LossEmbedding {

    @Override
    public double slope(long step, DoubleSupplier observed) {
      double loss = observed.getAsDouble();
      double slope = derivative.applyAsDouble(loss);
      if (!(slope >= 0) || Double.isInfinite(slope)) {
        throw new TrainingDivergedException(
            "Step %d: the embedding's derivative must be at least 0 and finite, but is %s at loss %s"
                .formatted(step, slope, loss));
      }
      return slope;
    }
  }
}
