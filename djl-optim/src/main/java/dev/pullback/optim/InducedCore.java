package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The change of small rank that the loss makes to the ambient metric, in double precision on the
 * host. What it needs of the model is inner products.
 *
 * <p>With P = γ⁻¹ and covectors u_a as the columns of U, G = γ + U C Uᵀ has the inverse G⁻¹w = P w
 * - Σ_a [(1 + C K)⁻¹ C h]_a P u_a with K_ab = ⟨u_a, P u_b⟩ and h_a = ⟨u_a, P w⟩ (Woodbury).
 *
 * @param form how the loss takes part
 * @param step the number of the step, from 1
 * @param slope f'(L)
 * @param scalars the numbers kept from the step before
 * @see <a href="https://arxiv.org/abs/2509.03594">arXiv 2509.03594</a>
 */
record InducedCore(InducedForm form, long step, double slope, Map<String, Double> scalars) {

  static final String TRACE_AVERAGE = "traceAverage";
  static final String TRACE_MEAN = "traceMean";

  /**
   * What the update is made of: γ⁻¹ (factor · m̂ + Σ_a shares(a) · g_a).
   *
   * @param trace T
   * @param scale s, or NaN where there is none
   * @param factor of the momentum, or of the direction
   * @param shares of the gradients of the loss's components; empty where they take no part
   * @param scalars the numbers to keep
   */
  record Result(
      double trace,
      double scale,
      double factor,
      List<Double> shares,
      Map<String, Double> scalars) {}

  /**
   * Computes the scale.
   *
   * @param trace T = ⟨g, γ⁻¹ g⟩
   * @return what the update is made of
   * @throws TrainingDivergedException if trace or scale is not finite
   */
  Result scale(double trace) {
    requireFinite("trace of the metric", trace);
    Map<String, Double> kept = new HashMap<>();
    double scale;
    if (form.form() == InducedForm.Form.RELATIVE) {
      double mean = scalars.getOrDefault(TRACE_MEAN, 0.0);
      double rho = form.traceAverage();
      double usual = step == 1 ? trace : mean / Scalars.biasCorrection(rho, step - 1);
      double average = average(form.xi() * (usual == 0 ? 0 : trace / usual), kept);
      scale = (1 + form.xi()) * slope / (1 + average);
      kept.put(TRACE_MEAN, rho * mean + (1 - rho) * trace);
    } else {
      scale = form.embedding().metricScale(average(form.xi() * trace, kept), slope);
    }
    requireFinite("metric scale", scale);
    return new Result(trace, scale, scale, List.of(), kept);
  }

  /** Returns the bias-corrected moving average. */
  private double average(double value, Map<String, Double> kept) {
    double beta = form.beta();
    double average = beta * scalars.getOrDefault(TRACE_AVERAGE, 0.0) + (1 - beta) * value;
    kept.put(TRACE_AVERAGE, average);
    return average / Scalars.biasCorrection(beta, step);
  }

  /**
   * Applies the inverse of the metric to the momentum.
   *
   * @param gram the inner products under γ⁻¹ of the gradients of the k components and, last, the
   *     momentum; (k+1) × (k+1), symmetric
   * @return what the update is made of
   * @throws TrainingDivergedException if a product or the solution is not finite
   */
  Result exact(double[][] gram) {
    int k = gram.length - 1;
    double trace = 0;
    for (int a = 0; a < k; a++) {
      for (int b = 0; b < k; b++) {
        trace += gram[a][b];
      }
    }
    requireFinite("trace of the metric", trace);
    double length = Math.sqrt(gram[k][k]);
    requireFinite("length of the momentum", length);
    boolean crossed = form.coupling() != 0 && length > 0;
    // The covectors are f' g_a and, for the cross term, m̂ over its length: factors of what gram
    // has.
    int n = crossed ? k + 1 : k;
    double[] factors = new double[n];
    Arrays.fill(factors, slope);
    double[][] c = new double[n][n];
    for (int a = 0; a < k; a++) {
      c[a][a] = form.xi();
    }
    if (crossed) {
      factors[k] = 1 / length;
      c[0][k] = form.coupling() * Math.sqrt(form.xi());
      c[k][0] = c[0][k];
    }
    double[][] system = new double[n][n];
    double[] right = new double[n];
    for (int a = 0; a < n; a++) {
      system[a][a] = 1;
      for (int j = 0; j < n; j++) {
        right[a] += c[a][j] * factors[j] * gram[j][k];
        for (int b = 0; b < n; b++) {
          system[a][b] += c[a][j] * factors[j] * gram[j][b] * factors[b];
        }
      }
    }
    double[] solution = solve(system, right);
    List<Double> shares = new ArrayList<>();
    for (int a = 0; a < k; a++) {
      double share = -slope * slope * solution[a];
      requireFinite("share of a gradient", share);
      shares.add(share);
    }
    double factor = slope * (1 - (crossed ? solution[k] / length : 0));
    requireFinite("factor of the momentum", factor);
    return new Result(trace, Double.NaN, factor, shares, Map.of());
  }

  /**
   * Gaussian elimination with partial pivoting; what is singular gives values that are not finite.
   */
  private static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        pivot = Math.abs(a[row][column]) > Math.abs(a[pivot][column]) ? row : pivot;
      }
      double[] other = a[pivot];
      a[pivot] = a[column];
      a[column] = other;
      double value = b[pivot];
      b[pivot] = b[column];
      b[column] = value;
      for (int row = column + 1; row < n; row++) {
        double factor = a[row][column] / a[column][column];
        for (int i = column; i < n; i++) {
          a[row][i] -= factor * a[column][i];
        }
        b[row] -= factor * b[column];
      }
    }
    for (int row = n - 1; row >= 0; row--) {
      for (int i = row + 1; i < n; i++) {
        b[row] -= a[row][i] * b[i];
      }
      b[row] /= a[row][row];
    }
    return b;
  }

  private void requireFinite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new TrainingDivergedException("Step %d: the %s is %s".formatted(step, what, value));
    }
  }
}
