package dev.pullback.train.scaling;

import java.util.List;
import java.util.Optional;
import org.hipparchus.stat.regression.OLSMultipleLinearRegression;
import org.hipparchus.util.FastMath;

/**
 * How a tuned hyperparameter moves with tokens where the size stays: c in A · Nᵇ · Dᶜ, least
 * squares through the logarithms of optima.
 */
public final class TokenExponent {

  private TokenExponent() {}

  /**
   * A tuned value.
   *
   * @param parameters N, greater than 0
   * @param tokens D, greater than 0
   * @param value of the hyperparameter that was best there, greater than 0
   */
  public record Optimum(double parameters, double tokens, double value) {

    private double ratio() {
      return tokens / parameters;
    }
  }

  /**
   * Fits.
   *
   * @param optima at sizes and budgets
   * @return c with Student's interval; empty with fewer than three optima, or where all sizes have
   *     one ratio of tokens to weights, which says nothing about tokens alone
   */
  public static Optional<Estimate> of(List<Optimum> optima) {
    boolean sizes = optima.stream().mapToDouble(Optimum::parameters).distinct().count() > 1;
    int columns = sizes ? 2 : 1;
    double least = optima.stream().mapToDouble(Optimum::ratio).min().orElse(0);
    if (optima.size() < 3 || optima.stream().allMatch(o -> TokenRatio.areSame(o.ratio(), least))) {
      return Optional.empty();
    }
    double[][] x = new double[optima.size()][columns];
    double[] y = new double[optima.size()];
    for (int i = 0; i < y.length; i++) {
      Optimum optimum = optima.get(i);
      x[i][0] = FastMath.log(optimum.tokens());
      if (sizes) {
        x[i][1] = FastMath.log(optimum.parameters());
      }
      y[i] = FastMath.log(optimum.value());
    }
    OLSMultipleLinearRegression regression = new OLSMultipleLinearRegression();
    regression.newSampleData(y, x);
    return Optional.of(
        Estimate.ofLine(
            regression.estimateRegressionParameters()[1],
            regression.estimateRegressionParametersStandardErrors()[1],
            optima.size() - columns - 1));
  }
}
