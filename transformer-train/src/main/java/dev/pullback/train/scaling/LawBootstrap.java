package dev.pullback.train.scaling;

import dev.pullback.train.SplitMix64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.hipparchus.util.FastMath;

/**
 * A fit with the fits of resampled points: seeds are drawn with replacement within cells, cells
 * stay, and optimisers that share seeds share draws. So the intervals say what other seeds would
 * change, and not what other sizes or another formula would.
 *
 * <p>The draws are the same under a seed, however many threads make them.
 */
public final class LawBootstrap {

  private final ScalingData data;
  private final LawFit fit;
  private final List<ScalingLaw> laws;
  private final int failures;
  private final long seed;

  private LawBootstrap(
      ScalingData data, LawFit fit, List<ScalingLaw> laws, int failures, long seed) {
    this.data = data;
    this.fit = fit;
    this.laws = laws;
    this.failures = failures;
    this.seed = seed;
  }

  /**
   * Fits the points, and resampled points from there, in parallel.
   *
   * @param fitter what is fitted
   * @param data the points
   * @param draws how often they are resampled; 1,000 or more for a claim
   * @param seed of the draws
   * @return the fits
   * @throws IllegalArgumentException if the points have no cell with two seeds
   * @throws IllegalStateException if the fit of the points themselves does not converge
   */
  public static LawBootstrap of(LawFitter fitter, ScalingData data, int draws, long seed) {
    if (data.cellsOfOneSeed() == data.cells().size()) {
      throw new IllegalArgumentException(
          "no cell has two seeds, so nothing is known of their noise; run more seeds");
    }
    LawFit fit = fitter.byLbfgs(data);
    if (!fit.converged()) {
      throw new IllegalStateException(
          "the fit of %d cells did not converge".formatted(data.cells().size()));
    }
    List<ScalingLaw> laws =
        IntStream.range(0, draws)
            .parallel()
            .mapToObj(
                draw ->
                    fitter.from(
                        data.resampled(new SplittableRandom(SplitMix64.mix(seed, draw))),
                        fit.law()))
            .filter(LawFit::converged)
            .map(LawFit::law)
            .toList();
    return new LawBootstrap(data, fit, laws, draws - laws.size(), seed);
  }

  /** Returns the fit of the points themselves. */
  public LawFit fit() {
    return fit;
  }

  /** Returns how many draws no law could be fitted to; intervals are of the others. */
  public int failures() {
    return failures;
  }

  /** Returns the laws of the draws that one could be fitted to, in the order of draws. */
  public List<ScalingLaw> laws() {
    return laws;
  }

  /**
   * Returns what follows from the law, with its interval.
   *
   * @param quantity a number of every law, not NaN
   * @return its value of the fit, between percentiles of the draws
   */
  public Estimate estimate(ToDoubleFunction<ScalingLaw> quantity) {
    return Estimate.percentile(
        quantity.applyAsDouble(fit.law()),
        data.degreesOfFreedom(),
        laws.stream().mapToDouble(quantity).toArray());
  }

  /** Returns the law's parameters by name, with their intervals. */
  public Map<String, Estimate> parameters() {
    Map<String, Estimate> parameters = new LinkedHashMap<>();
    for (String name : fit.law().values().keySet()) {
      parameters.put(name, estimate(law -> law.values().get(name)));
    }
    return parameters;
  }

  /**
   * Predicts the mean loss of runs that were not made, from the uncertainty of the law and the
   * noise of seeds, which is taken to be the same share of the loss as in the cells of the
   * optimiser.
   *
   * @param optimizer one of the fit
   * @param parameters N
   * @param tokens D
   * @param seeds how many runs the mean is of, 1 or more
   * @return nats per token
   * @throws IllegalArgumentException if the fit had no such optimiser, or none of its cells two
   *     seeds
   */
  public Estimate prediction(String optimizer, double parameters, double tokens, int seeds) {
    int index = data.indexOf(optimizer);
    double[] noise =
        data.cells().stream()
            .filter(cell -> cell.optimizer == index && cell.size() > 1)
            .flatMapToDouble(cell -> IntStream.range(0, cell.size()).mapToDouble(cell::deviation))
            .toArray();
    if (seeds < 1 || noise.length == 0) {
      throw new IllegalArgumentException(
          "a prediction for %d seeds of %s cannot be made: it takes 1 or more, and a cell with two seeds"
              .formatted(seeds, optimizer));
    }
    SplittableRandom random =
        new SplittableRandom(
            SplitMix64.mix(
                SplitMix64.mix(seed, optimizer),
                Double.doubleToLongBits(parameters),
                Double.doubleToLongBits(tokens),
                seeds));
    double[] draws = new double[laws.size()];
    for (int i = 0; i < draws.length; i++) {
      double mean =
          random.ints(seeds, 0, noise.length).mapToDouble(j -> noise[j]).average().orElseThrow();
      draws[i] = laws.get(i).loss(optimizer, parameters, tokens) * FastMath.exp(mean);
    }
    return Estimate.percentile(
        fit.law().loss(optimizer, parameters, tokens), data.degreesOfFreedom(), draws);
  }
}
