package dev.pullback.train.scaling;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.hipparchus.util.FastMath;

/**
 * The sum over all points of Huber's loss of log L(N, D) - log loss, as a function of numbers that
 * an optimiser moves freely. The loss is the mean of the logs over the seeds of the point's cell:
 * what is an outlier are cells, not seeds, whose noise is often wider than Huber's delta, and of
 * which something like the median would be fitted.
 *
 * <p>An efficiency is a factor of its optimiser's term, A_k = A ρ_k^-α, so that the law is linear
 * in E and in one coefficient for every term and optimiser. Sizes and tokens are in units of their
 * geometric means; in others, coefficients and exponents could hardly be told apart in a step.
 *
 * <p>The numbers are: log E, an exponent for every term, and the log of the coefficients, term by
 * term and in each optimiser by optimiser.
 */
final class LawProblem {

  /**
   * Where the log of a coefficient that vanished starts from; from further away it would not come
   * back.
   */
  private static final double VANISHED = -30;

  private final ScalingLaw.Form form;
  private final double delta;
  private final List<String> optimizers;
  private final List<Cell> cells;
  private final double[] units;

  /** Log of size and tokens over their units, by cell. */
  private final double[][] logs;

  LawProblem(ScalingData data, ScalingLaw.Form form, double delta) {
    this.form = form;
    this.delta = delta;
    this.optimizers = data.optimizers();
    this.cells = data.cells();
    this.units = new double[] {meanLog(c -> c.parameters), meanLog(c -> c.tokens)};
    this.logs = new double[cells.size()][];
    for (int i = 0; i < logs.length; i++) {
      Cell cell = cells.get(i);
      logs[i] =
          new double[] {
            FastMath.log(cell.parameters) - units[0], FastMath.log(cell.tokens) - units[1]
          };
    }
  }

  private double meanLog(ToDoubleFunction<Cell> quantity) {
    return cells.stream()
        .mapToDouble(cell -> FastMath.log(quantity.applyAsDouble(cell)))
        .average()
        .orElseThrow();
  }

  List<Cell> cells() {
    return cells;
  }

  double delta() {
    return delta;
  }

  int terms() {
    return form.terms();
  }

  /** Returns how many coefficients are linear: E and those of the terms. */
  int coefficients() {
    return 1 + terms() * optimizers.size();
  }

  /** Returns the place of a term's coefficient of a cell, among E and the coefficients. */
  int coefficient(int term, Cell cell) {
    return 1 + term * optimizers.size() + cell.optimizer;
  }

  /** Returns what a coefficient is multiplied with in a cell. */
  double factor(int term, int cell, double exponent) {
    return FastMath.exp(-exponent * logs[cell][term]);
  }

  double smallestLogLoss() {
    return cells.stream().mapToDouble(Cell::mean).min().orElseThrow();
  }

  /**
   * Computes the objective and its gradient.
   *
   * @param x the numbers
   * @param gradient filled
   */
  double valueAndGradient(double[] x, double[] gradient) {
    Arrays.fill(gradient, 0);
    int terms = terms();
    double[] logTerms = new double[1 + terms];
    double value = 0;
    for (int c = 0; c < logs.length; c++) {
      Cell cell = cells.get(c);
      logTerms[0] = x[0];
      double most = x[0];
      for (int t = 0; t < terms; t++) {
        logTerms[1 + t] = x[terms + coefficient(t, cell)] - x[1 + t] * logs[c][t];
        most = Math.max(most, logTerms[1 + t]);
      }
      // The log of a sum of exponentials, whose largest is taken out so that none overflows.
      double sum = 0;
      for (int t = 0; t <= terms; t++) {
        logTerms[t] = FastMath.exp(logTerms[t] - most);
        sum += logTerms[t];
      }
      double prediction = most + FastMath.log(sum);
      double residual = prediction - cell.mean();
      value += cell.size() * Huber.value(residual, delta);
      double pull = cell.size() * Huber.derivative(residual, delta);
      gradient[0] += pull * logTerms[0] / sum;
      for (int t = 0; t < terms; t++) {
        double share = pull * logTerms[1 + t] / sum;
        gradient[terms + coefficient(t, cell)] += share;
        gradient[1 + t] -= share * logs[c][t];
      }
    }
    return value;
  }

  /** Returns the numbers for E, exponents and coefficients in this problem's units. */
  double[] numbers(double[] exponents, double... coefficients) {
    double[] x = new double[exponents.length + coefficients.length];
    x[0] = FastMath.log(coefficients[0]);
    System.arraycopy(exponents, 0, x, 1, exponents.length);
    for (int i = 1; i < coefficients.length; i++) {
      x[exponents.length + i] = FastMath.log(coefficients[i]);
    }
    return x;
  }

  /** Returns the numbers of a law. */
  double[] numbers(ScalingLaw law) {
    double[] exponents = {law.alpha(), law.beta()};
    double[] scales = {law.a(), law.b()};
    double[] x = new double[coefficients() + terms()];
    x[0] = Math.max(VANISHED, FastMath.log(law.e()));
    for (int t = 0; t < terms(); t++) {
      x[1 + t] = exponents[t];
      for (int k = 0; k < optimizers.size(); k++) {
        ScalingLaw.Efficiency efficiency = law.efficiencies().get(optimizers.get(k));
        double rho = t == 0 ? efficiency.parameters() : efficiency.tokens();
        x[1 + terms() + t * optimizers.size() + k] =
            Math.max(
                VANISHED, FastMath.log(scales[t]) - exponents[t] * (FastMath.log(rho) + units[t]));
      }
    }
    return x;
  }

  /** Returns the law of the numbers. */
  ScalingLaw law(double[] x) {
    int count = optimizers.size();
    double[][] rho = {new double[count], new double[count]};
    double[] scales = {Double.NaN, Double.NaN};
    Arrays.fill(rho[1], Double.NaN);
    for (int t = 0; t < terms(); t++) {
      int first = 1 + terms() + t * count;
      scales[t] = FastMath.exp(x[first] + x[1 + t] * units[t]);
      for (int k = 0; k < count; k++) {
        rho[t][k] = k == 0 ? 1 : FastMath.exp((x[first] - x[first + k]) / x[1 + t]);
      }
    }
    Map<String, ScalingLaw.Efficiency> efficiencies = new LinkedHashMap<>();
    for (int k = 0; k < count; k++) {
      efficiencies.put(optimizers.get(k), new ScalingLaw.Efficiency(rho[0][k], rho[1][k]));
    }
    boolean both = terms() == 2;
    return new ScalingLaw(
        form,
        FastMath.exp(x[0]),
        scales[0],
        x[1],
        scales[1],
        both ? x[2] : Double.NaN,
        efficiencies);
  }
}
