package dev.pullback.train.scaling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.optim.InitialGuess;
import org.hipparchus.optim.MaxEval;
import org.hipparchus.optim.PointValuePair;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.hipparchus.optim.nonlinear.scalar.ObjectiveFunction;
import org.hipparchus.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.hipparchus.optim.nonlinear.scalar.noderiv.SimplexOptimizer;
import org.hipparchus.util.FastMath;

/**
 * Fits by variable projection (Golub and Pereyra, 1973): only the exponents are searched, with
 * Nelder and Mead's simplex; for given exponents, E and the coefficients follow from least squares
 * without negative coefficients, reweighted until they are those of Huber's loss.
 */
final class VariableProjection {

  private static final double[] GRID = {0.1, 0.2, 0.35, 0.6, 1};
  private static final int BEST = 2;
  private static final double LARGEST_LOG_EXPONENT = 2;
  private static final double SMALLEST_LOG_EXPONENT = -6;
  private static final int EVALUATIONS = 2000;
  private static final int REWEIGHTINGS = 500;
  private static final int REWEIGHTINGS_ON_GRID = 10;
  private static final double SETTLED = 1e-12;
  private static final double GROWTH = 1.5;
  private static final double LONGEST_STRIDE = 8;
  private static final double SHORTEST_STRIDE = 1e-6;

  private final LawProblem problem;
  private final RealMatrix products;
  private int evaluations;

  /** E and coefficients with their objective, and the stride that led there. */
  @SuppressWarnings("ArrayRecordComponent") // Read once, never compared.
  private record Inner(double[] coefficients, double value, double stride) {}

  VariableProjection(LawProblem problem) {
    this.problem = problem;
    this.products = NonNegativeLeastSquares.zeros(problem.coefficients());
  }

  /** Fits. */
  Lbfgs.Minimum fit() {
    List<double[]> starts = new ArrayList<>();
    for (double alpha : GRID) {
      if (problem.terms() == 1) {
        starts.add(new double[] {FastMath.log(alpha)});
      } else {
        for (double beta : GRID) {
          starts.add(new double[] {FastMath.log(alpha), FastMath.log(beta)});
        }
      }
    }
    PointValuePair best =
        starts.stream()
            .sorted(
                Comparator.comparingDouble(
                    logs -> inner(exponents(logs), REWEIGHTINGS_ON_GRID).value()))
            .limit(BEST)
            .map(start -> search(start, 0.2, 1e-6))
            .min(Comparator.comparingDouble(PointValuePair::getValue))
            .orElseThrow();
    // A simplex that has become flat begins anew.
    double[] logs = search(best.getPoint(), 0.02, 1e-12).getPoint();
    double[] exponents = exponents(logs);
    boolean inside =
        Arrays.stream(logs)
            .allMatch(
                log -> log > SMALLEST_LOG_EXPONENT + 0.01 && log < LARGEST_LOG_EXPONENT - 0.01);
    Inner inner = inner(exponents, REWEIGHTINGS);
    return new Lbfgs.Minimum(
        problem.numbers(exponents, inner.coefficients()), inner.value(), evaluations, inside);
  }

  private PointValuePair search(double[] start, double size, double tolerance) {
    return new SimplexOptimizer(tolerance, 0)
        .optimize(
            new MaxEval(EVALUATIONS),
            new ObjectiveFunction(this::value),
            GoalType.MINIMIZE,
            new InitialGuess(start),
            new NelderMeadSimplex(start.length, size));
  }

  private static double[] exponents(double[] logs) {
    return Arrays.stream(logs).map(FastMath::exp).toArray();
  }

  private double value(double[] logs) {
    for (double log : logs) {
      if (!(log >= SMALLEST_LOG_EXPONENT && log <= LARGEST_LOG_EXPONENT)) {
        return Double.POSITIVE_INFINITY;
      }
    }
    return inner(exponents(logs), REWEIGHTINGS).value();
  }

  private Inner inner(double[] exponents, int reweightings) {
    evaluations++;
    double[][] factors = new double[problem.cells().size()][exponents.length];
    for (int c = 0; c < factors.length; c++) {
      for (int t = 0; t < exponents.length; t++) {
        factors[c][t] = problem.factor(t, c, exponents[t]);
      }
    }
    double[] start = step(factors, null);
    Inner now = new Inner(start, objective(factors, start), 1);
    double stride = 1;
    for (int i = 0; i < reweightings; i++) {
      Inner next = along(factors, now, step(factors, now.coefficients()), stride);
      if (next.value() >= now.value() || now.value() - next.value() <= SETTLED * now.value()) {
        return next.value() < now.value() ? next : now;
      }
      // Reweighting stays short of where it goes, the more so the more points are outliers.
      stride = Math.min(LONGEST_STRIDE, GROWTH * next.stride());
      now = next;
    }
    return now;
  }

  /** Goes a stride towards coefficients, halved until the objective falls. */
  private Inner along(double[][] factors, Inner now, double[] target, double stride) {
    Inner next = now;
    for (double s = stride; s > SHORTEST_STRIDE && next.value() >= now.value(); s /= 2) {
      double[] between = new double[target.length];
      for (int j = 0; j < between.length; j++) {
        double old = now.coefficients()[j];
        between[j] = Math.max(0, old + s * (target[j] - old));
      }
      next = new Inner(between, objective(factors, between), s);
    }
    return next;
  }

  private double prediction(int cell, double[] factors, double[] coefficients) {
    double sum = coefficients[0];
    for (int t = 0; t < factors.length; t++) {
      sum += coefficients[problem.coefficient(t, problem.cells().get(cell))] * factors[t];
    }
    return sum;
  }

  private double objective(double[][] factors, double[] coefficients) {
    double value = 0;
    for (int c = 0; c < factors.length; c++) {
      Cell cell = problem.cells().get(c);
      double log = FastMath.log(prediction(c, factors[c], coefficients));
      value += cell.size() * Huber.value(log - cell.mean(), problem.delta());
    }
    return value;
  }

  /**
   * Solves the weighted problem in which the log of a prediction is linear at the coefficients that
   * are there, log p ≈ log p₀ + p / p₀ - 1; of none, p₀ is the cell's mean and no weight differs.
   */
  private double[] step(double[][] factors, double[] coefficients) {
    int n = problem.coefficients();
    int terms = problem.terms();
    double[] right = new double[n];
    double[][] matrix = new double[n][n];
    int[] places = new int[1 + terms];
    double[] row = new double[1 + terms];
    for (int c = 0; c < factors.length; c++) {
      Cell cell = problem.cells().get(c);
      double log =
          coefficients == null
              ? cell.mean()
              : FastMath.log(prediction(c, factors[c], coefficients));
      double residual = log - cell.mean();
      double weight =
          cell.size() * (coefficients == null ? 1 : Huber.weight(residual, problem.delta()));
      double target = weight * (1 - residual);
      double inverse = FastMath.exp(-log);
      row[0] = inverse;
      for (int t = 0; t < terms; t++) {
        places[1 + t] = problem.coefficient(t, cell);
        row[1 + t] = factors[c][t] * inverse;
      }
      for (int i = 0; i <= terms; i++) {
        right[places[i]] += target * row[i];
        for (int j = 0; j <= terms; j++) {
          matrix[places[i]][places[j]] += weight * row[i] * row[j];
        }
      }
    }
    products.setSubMatrix(matrix, 0, 0);
    return NonNegativeLeastSquares.solve(products, right);
  }
}
