package dev.pullback.train.scaling;

import java.util.Comparator;
import java.util.List;
import org.hipparchus.stat.regression.OLSMultipleLinearRegression;
import org.hipparchus.util.FastMath;

/**
 * How much the loss depends on the learning rate η at one size, after Wortsman et al. (arXiv
 * 2309.14322, section 2.2).
 */
public final class LearningRateSensitivity {

  private static final int FEWEST = 3;

  /**
   * A run of one learning rate.
   *
   * @param rate η, greater than 0
   * @param loss at the end; NaN or infinite if the run diverged
   */
  public record Run(double rate, double loss) {

    /** Checks. */
    public Run {
      if (!(rate > 0) || Double.isInfinite(rate)) {
        throw new IllegalArgumentException("a learning rate is greater than 0, not " + rate);
      }
    }

    /**
     * Returns what the run counts as.
     *
     * @param start the loss before the first step; none is taken to be worse, and diverged runs
     *     have it
     * @return the run with a loss that is no greater
     */
    public Run notAbove(double start) {
      return new Run(rate, loss < start ? loss : start);
    }
  }

  /**
   * A parabola in log η, loss = least + curvature · (ln η - ln best)².
   *
   * @param best η at its least loss
   * @param least the loss there
   * @param curvature in nats, greater than 0
   */
  public record Parabola(double best, double least, double curvature) {

    /**
     * Returns how wide the valley is.
     *
     * @param tolerance of the loss above the least, in nats, 0 or more
     * @return decades of η within it
     */
    public double decades(double tolerance) {
      return 2 * FastMath.sqrt(tolerance / curvature) / FastMath.log(10);
    }
  }

  private final List<Run> runs;
  private final double start;

  private LearningRateSensitivity(List<Run> runs, double start) {
    this.runs = runs;
    this.start = start;
  }

  /**
   * Takes runs of one size that differ in the learning rate only.
   *
   * @param runs in any order, of different rates
   * @param start the loss before the first step; none is taken to be worse, and diverged runs have
   *     it
   * @return what follows
   * @throws IllegalArgumentException if there are fewer than three runs, or two of one rate
   */
  public static LearningRateSensitivity of(List<Run> runs, double start) {
    long rates = runs.stream().mapToDouble(Run::rate).distinct().count();
    if (rates < FEWEST || rates < runs.size()) {
      throw new IllegalArgumentException(
          "a sensitivity takes three learning rates or more, each once, not %d runs of %d"
              .formatted(runs.size(), rates));
    }
    return new LearningRateSensitivity(
        runs.stream()
            .sorted(Comparator.comparingDouble(Run::rate))
            .map(run -> run.notAbove(start))
            .toList(),
        start);
  }

  /** Returns the run of the least loss. */
  public Run best() {
    return runs.stream().min(Comparator.comparingDouble(Run::loss)).orElseThrow();
  }

  /** Returns how many runs ended no better than they began. */
  public int failures() {
    return (int) runs.stream().filter(run -> run.loss() >= start).count();
  }

  /**
   * Returns the mean over η of min(loss, loss at the start) - best loss.
   *
   * <p>The mean is over log η between the smallest and the largest rate, by trapezoids, so that
   * rates need not be evenly spaced. Compare sensitivities of the same range only.
   *
   * @return nats per token, 0 or more; 0 if no rate matters
   */
  public double sensitivity() {
    double area = 0;
    for (int i = 1; i < runs.size(); i++) {
      area += (runs.get(i).loss() + runs.get(i - 1).loss()) / 2 * width(i);
    }
    double range = distance(runs.get(0), runs.get(runs.size() - 1));
    return Math.max(0, area / range - best().loss());
  }

  private double width(int i) {
    return distance(runs.get(i - 1), runs.get(i));
  }

  private static double distance(Run from, Run to) {
    return FastMath.log(to.rate() / from.rate());
  }

  /**
   * Returns how wide the valley is that was measured: from the best rate in both directions to
   * where the loss, straight in log η between runs, leaves the tolerance for the first time.
   *
   * @param tolerance of the loss above the best, in nats, greater than 0
   * @return decades of η; a valley that is open at an end of the range counts up to there
   */
  public double decades(double tolerance) {
    int best = runs.indexOf(best());
    double limit = runs.get(best).loss() + tolerance;
    double width = 0;
    for (int i = best; i > 0; i--) {
      double share = inside(runs.get(i).loss(), runs.get(i - 1).loss(), limit);
      width += share * width(i);
      if (share < 1) {
        break;
      }
    }
    for (int i = best + 1; i < runs.size(); i++) {
      double share = inside(runs.get(i - 1).loss(), runs.get(i).loss(), limit);
      width += share * width(i);
      if (share < 1) {
        break;
      }
    }
    return width / FastMath.log(10);
  }

  private static double inside(double near, double far, double limit) {
    return far <= limit ? 1 : (limit - near) / (far - near);
  }

  /**
   * Fits a parabola around the best rate.
   *
   * @param factor how far from the best rate runs take part, greater than 1; 10 for a decade to
   *     either side. Runs that failed do not
   * @return by least squares
   * @throws IllegalArgumentException if fewer than three runs are that near, or the loss does not
   *     bend upwards there
   */
  public Parabola parabola(double factor) {
    Run best = best();
    List<Run> near =
        runs.stream()
            .filter(run -> run.loss() < start)
            .filter(run -> Math.abs(distance(best, run)) <= FastMath.log(factor))
            .toList();
    if (near.size() < FEWEST) {
      throw new IllegalArgumentException(
          "a parabola takes three runs or more within a factor of %s of the best learning rate %s, not %d"
              .formatted(factor, best.rate(), near.size()));
    }
    OLSMultipleLinearRegression regression = new OLSMultipleLinearRegression();
    regression.newSampleData(
        near.stream().mapToDouble(Run::loss).toArray(),
        near.stream()
            .mapToDouble(run -> distance(best, run))
            .mapToObj(x -> new double[] {x, x * x})
            .toArray(double[][]::new));
    double[] c = regression.estimateRegressionParameters();
    if (!(c[2] > 0)) {
      throw new IllegalArgumentException(
          "the loss does not bend upwards around the best learning rate %s; try more rates"
              .formatted(best.rate()));
    }
    double vertex = -c[1] / (2 * c[2]);
    return new Parabola(best.rate() * FastMath.exp(vertex), c[0] - c[2] * vertex * vertex, c[2]);
  }
}
