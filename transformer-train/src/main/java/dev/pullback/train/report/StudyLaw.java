package dev.pullback.train.report;

import dev.pullback.train.scaling.Estimate;
import dev.pullback.train.scaling.Verdict;
import java.util.List;

/**
 * What was fitted to a study, as {@code fit.json} and the page have it; infinite numbers are null.
 *
 * @param baseline what efficiencies and speed-ups are relative to
 * @param draws of the bootstrap
 * @param seed of the draws
 * @param law null where none could be fitted
 * @param speedUps of every other optimiser at every size and number of tokens it was run with
 * @param heldOut the largest size, predicted from the others
 * @param predictions of sizes of the plan that are not evaluated yet
 * @param hyperparameters tuned values as powers of size
 * @param sensitivities of the learning rate
 * @param notes what could not be fitted, and why
 */
record StudyLaw(
    String baseline,
    int draws,
    long seed,
    Law law,
    List<SpeedUpAt> speedUps,
    List<HeldOut> heldOut,
    List<Prediction> predictions,
    List<Tuned> hyperparameters,
    List<Sensitivity> sensitivities,
    List<String> notes) {

  /**
   * The law.
   *
   * @param formula which of the two
   * @param points how many runs it was fitted to
   * @param failedDraws how many draws no law could be fitted to
   * @param solvers both, which share nothing but the points
   * @param parameters with the values of both solvers
   * @param efficiencies of all but the baseline
   * @param tokensPerParameter of the curves
   * @param curves for the plot
   */
  record Law(
      String formula,
      int points,
      int failedDraws,
      List<Solver> solvers,
      List<Parameter> parameters,
      List<Efficiency> efficiencies,
      double tokensPerParameter,
      List<Curve> curves) {}

  record Solver(String name, double objective, boolean converged) {}

  /** The interval's value is that of L-BFGS, whose draws it is of. */
  record Parameter(String name, Double variableProjection, Bounds lbfgs) {}

  /** Of how many of the baseline's one counts as; no tokens where all runs have one ratio. */
  record Efficiency(String optimizer, Claim parameters, Claim tokens, String sentence) {}

  /** A ratio to the baseline, above 1 if it is better. */
  record Claim(Bounds ratio, String verdict) {

    static Claim of(Estimate ratio) {
      return new Claim(Bounds.of(ratio), Verdict.ofSpeedUp(ratio).toString());
    }

    String text() {
      return ratio.text() + ", " + verdict;
    }
  }

  /** The law's losses, and means of runs with about as many tokens a parameter. */
  record Curve(String optimizer, List<At> line, List<At> points) {}

  /** A number at a size. */
  record At(double parameters, Bounds value) {}

  /** Null where the law lacks the optimiser, or the baseline has one number of tokens there. */
  record SpeedUpAt(
      String optimizer, double parameters, double tokens, Claim ofLaw, Claim measured) {}

  record HeldOut(
      String optimizer,
      double parameters,
      double tokens,
      int seeds,
      double observed,
      Bounds predicted,
      boolean inside,
      String sentence) {}

  /** The mean of runs that were not made. */
  record Prediction(
      String optimizer,
      double parameters,
      double tokens,
      int seeds,
      Bounds predicted,
      String sentence) {}

  /**
   * A tuned hyperparameter as coefficient · N^exponent, at one number of tokens a weight.
   *
   * @param tokenExponent how it moves with tokens where the size stays; null where that is not
   *     known
   */
  record Tuned(
      String optimizer,
      String hyperparameter,
      List<Optimum> optima,
      Bounds coefficient,
      Bounds exponent,
      double theilSen,
      Bounds tokenExponent,
      List<At> line,
      String sentence) {}

  record Optimum(String size, double parameters, Double tokens, double value, boolean atEdge) {}

  /**
   * How much the loss depends on the learning rate.
   *
   * @param rates how many did not diverge
   * @param diverged how many ended above their beginning, or failed; they count as if they had
   *     ended there
   * @param low the lowest of these rates
   * @param high the highest
   * @param best the one of the least loss
   * @param sensitivity mean over these rates of the loss above the least, in nats per token
   */
  record Sensitivity(
      String size,
      String optimizer,
      int rates,
      long diverged,
      double low,
      double high,
      double best,
      double sensitivity) {}

  /** Tells whether nothing could be fitted. */
  boolean nothing() {
    return law == null
        && speedUps.isEmpty()
        && hyperparameters.isEmpty()
        && sensitivities.isEmpty();
  }
}
