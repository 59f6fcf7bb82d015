package dev.pullback.train.scaling;

import dev.pullback.train.SplitMix64;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.hipparchus.util.FastMath;

/**
 * How many times fewer tokens an optimiser a needs than b for the loss that a reaches: tokens that
 * b needs / tokens that a needs, as Wen et al. (arXiv 2509.02046) define it. Greater than 1 is good
 * for a.
 */
public final class SpeedUp {

  private SpeedUp() {}

  /**
   * Takes it from a law.
   *
   * <p>With both terms, at the same size: infinite where b cannot reach the loss with any number of
   * tokens. With one ratio of tokens to parameters it is that of efficiencies, ρ_a / ρ_b, the same
   * at all sizes, and stands for b with a larger model and as many more tokens.
   *
   * @param bootstrap the law and its draws
   * @param a an optimiser of the law
   * @param b another
   * @param parameters N of both, or of a with one ratio
   * @param tokens D of a
   * @return the speed-up with its interval
   * @throws IllegalArgumentException if the law has no such optimiser
   */
  public static Estimate ofLaw(
      LawBootstrap bootstrap, String a, String b, double parameters, double tokens) {
    return bootstrap.estimate(
        law -> {
          if (law.form() == ScalingLaw.Form.ONE_RATIO) {
            return law.efficiency(a).parameters() / law.efficiency(b).parameters();
          }
          return law.tokensFor(b, parameters, law.loss(a, parameters, tokens)) / tokens;
        });
  }

  /**
   * Measures it: a's loss is looked up in b's curve of final losses against tokens at the same
   * size, straight between its points where both axes are logarithmic. Seeds are resampled as in
   * {@link LawBootstrap}. Nothing is extrapolated: where b has that loss at its fewest tokens
   * already, the speed-up is 0, "less than was measured", and where b never has it, infinite. With
   * one seed in a cell the interval is from 0 to infinity.
   *
   * @param points of any sizes and optimisers
   * @param a an optimiser that was run with these parameters and tokens
   * @param b an optimiser that was run with these parameters and two numbers of tokens or more
   * @param parameters N
   * @param tokens D of a
   * @param draws of the bootstrap
   * @param seed of the draws
   * @return the speed-up with its interval
   * @throws IllegalArgumentException if there are no such runs
   */
  public static Estimate measured(
      List<LossPoint> points,
      String a,
      String b,
      double parameters,
      double tokens,
      int draws,
      long seed) {
    List<LossPoint> own =
        points.stream()
            .filter(p -> p.parameters() == parameters)
            .filter(
                p -> p.optimizer().equals(b) || (p.optimizer().equals(a) && p.tokens() == tokens))
            .toList();
    boolean reached = own.stream().anyMatch(p -> p.optimizer().equals(a) && p.tokens() == tokens);
    long curve =
        own.stream()
            .filter(p -> p.optimizer().equals(b))
            .mapToDouble(LossPoint::tokens)
            .distinct()
            .count();
    if (!reached || curve < 2) {
      throw new IllegalArgumentException(
          "at %s parameters, %s must have been run with %s tokens, and %s with two numbers of tokens or more, not %d"
              .formatted(parameters, a, tokens, b, curve));
    }
    ScalingData data = ScalingData.of(own);
    double[] resampled =
        IntStream.range(0, draws)
            .mapToDouble(
                draw ->
                    of(
                        data.resampled(new SplittableRandom(SplitMix64.mix(seed, draw))),
                        a,
                        b,
                        tokens))
            .toArray();
    // Single cells decide here, so no more is known of the noise than the seeds of one tell.
    int degreesOfFreedom = data.cells().stream().mapToInt(Cell::size).min().orElseThrow() - 1;
    return Estimate.ratio(of(data, a, b, tokens), degreesOfFreedom, resampled);
  }

  private static double of(ScalingData data, String a, String b, double tokens) {
    int first = data.indexOf(a);
    int second = data.indexOf(b);
    double loss =
        data.cells().stream()
            .filter(cell -> cell.optimizer == first && cell.tokens == tokens)
            .findFirst()
            .orElseThrow()
            .mean();
    List<Cell> curve =
        data.cells().stream()
            .filter(cell -> cell.optimizer == second)
            .sorted(Comparator.comparingDouble(cell -> cell.tokens))
            .toList();
    Cell before = null;
    for (Cell cell : curve) {
      if (cell.mean() <= loss) {
        if (before == null) {
          return cell.mean() < loss ? 0 : cell.tokens / tokens;
        }
        double share = (before.mean() - loss) / (before.mean() - cell.mean());
        double ratio = FastMath.log(cell.tokens / before.tokens);
        return before.tokens * FastMath.exp(share * ratio) / tokens;
      }
      before = cell;
    }
    return Double.POSITIVE_INFINITY;
  }
}
