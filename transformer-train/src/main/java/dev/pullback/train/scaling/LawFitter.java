package dev.pullback.train.scaling;

import dev.pullback.train.scaling.ScalingLaw.Form;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.hipparchus.util.FastMath;

/**
 * Fits laws to points by the sum of Huber's loss of the log loss, as Hoffmann et al. (arXiv
 * 2203.15556, appendix D.3), whose solver stopped too early because it averaged that loss
 * (Besiroglu et al., arXiv 2404.10102).
 *
 * @param form what is fitted
 * @param delta residual of the log loss from which on a point is an outlier, greater than 0
 */
public record LawFitter(Form form, double delta) {

  /** Hoffmann's delta. */
  public static final double DELTA = 1e-3;

  /** Ratios D/N that differ less are one; runs are rounded to whole steps. */
  private static final double SAME_RATIO = 1.05;

  /** Of the largest gradient that the points can have together. */
  private static final double TOLERANCE = 1e-7;

  private static final int ITERATIONS = 1000;
  private static final double[] EXPONENTS = {0.15, 0.4, 1};
  private static final double[] SHARES_OF_E = {0.2, 0.6, 0.9};

  /** Checks. */
  public LawFitter {
    if (!(delta > 0)) {
      throw new IllegalArgumentException("delta must be greater than 0, not " + delta);
    }
  }

  /**
   * Makes a fitter of the form that the points allow, with {@link #DELTA}.
   *
   * @param data the points
   * @return with both terms if every optimiser has more than one ratio of tokens to parameters,
   *     with one if all have the same
   * @throws IllegalArgumentException if an optimiser has one ratio only where there are others, or
   *     there are fewer cells than the law has parameters
   */
  public static LawFitter forData(ScalingData data) {
    boolean one = ratios(data.cells()) <= SAME_RATIO;
    for (int k = 0; k < data.optimizers().size() && !one; k++) {
      int optimizer = k;
      List<Cell> own = data.cells().stream().filter(c -> c.optimizer == optimizer).toList();
      if (ratios(own) <= SAME_RATIO) {
        throw new IllegalArgumentException(
            "%s was run at one ratio of tokens to parameters, %.4g, so its two efficiencies cannot be told apart; leave it out, or fit the points of that ratio alone"
                .formatted(data.optimizers().get(k), own.get(0).tokens / own.get(0).parameters));
      }
    }
    Form form = one ? Form.ONE_RATIO : Form.SIZE_AND_TOKENS;
    int needed = 1 + form.terms() * (1 + data.optimizers().size());
    long sizes = data.cells().stream().mapToDouble(c -> c.parameters).distinct().count();
    if (data.cells().size() < needed || sizes < 3) {
      throw new IllegalArgumentException(
          "a law of %d parameters cannot be fitted to %d cells of %d sizes; it takes %d cells or more, of 3 sizes or more"
              .formatted(needed, data.cells().size(), sizes, needed));
    }
    return new LawFitter(form, DELTA);
  }

  private static double ratios(List<Cell> cells) {
    double[] ratios = cells.stream().mapToDouble(c -> c.tokens / c.parameters).sorted().toArray();
    return ratios[ratios.length - 1] / ratios[0];
  }

  /**
   * Fits by variable projection: the exponents are searched, the rest is solved for.
   *
   * @param data the points
   * @return the fit; not converged if an exponent is at the edge of what is searched, 0.0025 to 7.4
   */
  public LawFit byVariableProjection(ScalingData data) {
    LawProblem problem = new LawProblem(data, form, delta);
    return fit(problem, new VariableProjection(problem).fit());
  }

  /**
   * Fits by L-BFGS over the logarithms of E and the coefficients, and the exponents, from a grid of
   * starts.
   *
   * @param data the points
   * @return the best of the fits
   */
  public LawFit byLbfgs(ScalingData data) {
    LawProblem problem = new LawProblem(data, form, delta);
    double smallest = FastMath.exp(problem.smallestLogLoss());
    Lbfgs.Minimum best = null;
    int starts = (int) Math.pow(EXPONENTS.length, form.terms());
    for (double share : SHARES_OF_E) {
      double[] coefficients = new double[problem.coefficients()];
      Arrays.fill(coefficients, (1.2 - share) * smallest / form.terms());
      coefficients[0] = share * smallest;
      for (int i = 0; i < starts; i++) {
        int start = i;
        double[] exponents =
            IntStream.range(0, form.terms())
                .mapToDouble(
                    t -> EXPONENTS[t == 0 ? start % EXPONENTS.length : start / EXPONENTS.length])
                .toArray();
        Lbfgs.Minimum end = minimise(problem, problem.numbers(exponents, coefficients));
        if (best == null || end.value() < best.value()) {
          best = end;
        }
      }
    }
    return fit(problem, best);
  }

  /**
   * Fits by L-BFGS from a law near the best one, as resampled points have it.
   *
   * @param data the points
   * @param start of the same optimisers and form
   * @return the fit
   */
  public LawFit from(ScalingData data, ScalingLaw start) {
    LawProblem problem = new LawProblem(data, form, delta);
    return fit(problem, minimise(problem, problem.numbers(start)));
  }

  private Lbfgs.Minimum minimise(LawProblem problem, double[] start) {
    int points = problem.cells().stream().mapToInt(Cell::size).sum();
    return Lbfgs.minimise(problem::valueAndGradient, start, TOLERANCE * delta * points, ITERATIONS);
  }

  private static LawFit fit(LawProblem problem, Lbfgs.Minimum end) {
    ScalingLaw law = problem.law(end.x());
    boolean usable = law.values().values().stream().allMatch(v -> v >= 0 && !v.isInfinite());
    return new LawFit(law, end.value(), end.iterations(), end.converged() && usable);
  }
}
