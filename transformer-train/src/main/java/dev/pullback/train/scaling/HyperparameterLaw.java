package dev.pullback.train.scaling;

import java.util.ArrayList;
import java.util.List;
import org.hipparchus.stat.StatUtils;
import org.hipparchus.stat.regression.SimpleRegression;
import org.hipparchus.util.FastMath;

/**
 * A tuned hyperparameter as a power of model size, A · Nᵇ: least squares through the logarithms of
 * optima, with Student's intervals, as Porian et al. (arXiv 2406.19146) fit learning rates.
 *
 * <p>Two optima determine the line and leave nothing to judge it by, nor do more that the line goes
 * through exactly: intervals are unbounded.
 */
public final class HyperparameterLaw {

  /**
   * A tuned value.
   *
   * @param parameters N, greater than 0
   * @param value of the hyperparameter that was best there, greater than 0
   */
  public record Optimum(double parameters, double value) {

    /** Checks. */
    public Optimum {
      if (!(parameters > 0 && value > 0)
          || Double.isInfinite(parameters)
          || Double.isInfinite(value)) {
        throw new IllegalArgumentException(
            "an optimum has a size and a value greater than 0, not %s at %s parameters"
                .formatted(value, parameters));
      }
    }
  }

  private final SimpleRegression regression;
  private final double[] logSizes;
  private final double[] logValues;

  private HyperparameterLaw(double[] logSizes, double[] logValues) {
    this.logSizes = logSizes;
    this.logValues = logValues;
    this.regression = new SimpleRegression();
    for (int i = 0; i < logSizes.length; i++) {
      regression.addData(logSizes[i], logValues[i]);
    }
  }

  /**
   * Fits.
   *
   * @param optima of two sizes or more
   * @return the law
   * @throws IllegalArgumentException if there are fewer
   */
  public static HyperparameterLaw of(List<Optimum> optima) {
    if (optima.stream().mapToDouble(Optimum::parameters).distinct().count() < 2) {
      throw new IllegalArgumentException(
          "a law of a hyperparameter takes optima of two sizes or more, not " + optima);
    }
    return new HyperparameterLaw(
        optima.stream().mapToDouble(o -> FastMath.log(o.parameters())).toArray(),
        optima.stream().mapToDouble(o -> FastMath.log(o.value())).toArray());
  }

  /** Returns b; 0 within its interval is a hyperparameter that was not shown to move. */
  public Estimate exponent() {
    return Estimate.ofLine(regression.getSlope(), regression.getSlopeStdErr(), logSizes.length - 2);
  }

  /** Returns A, the value at one parameter. */
  public Estimate coefficient() {
    return exp(at(0, false));
  }

  /**
   * Returns the value of the law at a size, with the interval of the law itself.
   *
   * @param parameters N, greater than 0
   * @return the value
   */
  public Estimate value(double parameters) {
    return exp(at(FastMath.log(parameters), false));
  }

  /**
   * Returns the same value with the interval in which a newly tuned optimum is expected.
   *
   * @param parameters N, greater than 0
   * @return the value
   */
  public Estimate prediction(double parameters) {
    return exp(at(FastMath.log(parameters), true));
  }

  /**
   * Returns what to take at a size where nothing was tuned: the law's value, or, where no exponent
   * but 0 was shown, the geometric mean of the optima. The exponent of few and noisy optima says
   * more about their noise than about larger sizes.
   *
   * @param parameters N, greater than 0
   * @return the value
   */
  public double carriedTo(double parameters) {
    return exponent().contains(0)
        ? FastMath.exp(StatUtils.mean(logValues))
        : value(parameters).value();
  }

  /**
   * Returns the median of the slopes between all pairs of optima (Theil 1950, Sen 1968), which a
   * single odd optimum hardly moves; a check of the exponent.
   */
  public double theilSenExponent() {
    List<Double> slopes = new ArrayList<>();
    for (int i = 0; i < logSizes.length; i++) {
      for (int j = 0; j < i; j++) {
        if (logSizes[i] != logSizes[j]) {
          slopes.add((logValues[i] - logValues[j]) / (logSizes[i] - logSizes[j]));
        }
      }
    }
    return StatUtils.percentile(slopes.stream().mapToDouble(s -> s).toArray(), 50);
  }

  private Estimate at(double logSize, boolean anew) {
    int n = logSizes.length;
    double distance = logSize - StatUtils.mean(logSizes);
    double share = (anew ? 1 : 0) + 1.0 / n + distance * distance / regression.getXSumSquares();
    return Estimate.ofLine(
        regression.predict(logSize), FastMath.sqrt(regression.getMeanSquareError() * share), n - 2);
  }

  private static Estimate exp(Estimate log) {
    return new Estimate(
        FastMath.exp(log.value()), FastMath.exp(log.low()), FastMath.exp(log.high()));
  }
}
