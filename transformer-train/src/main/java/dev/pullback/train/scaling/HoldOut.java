package dev.pullback.train.scaling;

import java.util.ArrayList;
import java.util.List;
import org.hipparchus.util.FastMath;

/**
 * A cell that the fit did not see, and what the fit has for it.
 *
 * @param optimizer its name
 * @param parameters N, the largest of the points
 * @param tokens D
 * @param seeds how many runs there are
 * @param observed their geometric mean, in nats per token
 * @param predicted what the fit of the smaller sizes has for the mean of as many runs; the interval
 *     is of the law's uncertainty and the noise of seeds, not of a law that is wrong
 */
public record HoldOut(
    String optimizer,
    double parameters,
    double tokens,
    int seeds,
    double observed,
    Estimate predicted) {

  /** Returns whether what was observed is within the interval. */
  public boolean isInside() {
    return predicted.contains(observed);
  }

  /**
   * Fits all sizes but the largest, and predicts that.
   *
   * @param points of four sizes or more
   * @param draws of the bootstrap
   * @param seed of the draws
   * @return every cell of the largest size, in the order of the points
   * @throws IllegalArgumentException if the other sizes cannot be fitted, or lack an optimiser that
   *     the largest has
   */
  public static List<HoldOut> ofLargest(List<LossPoint> points, int draws, long seed) {
    double largest = points.stream().mapToDouble(LossPoint::parameters).max().orElse(0);
    ScalingData seen =
        ScalingData.of(points.stream().filter(p -> p.parameters() < largest).toList());
    LawBootstrap bootstrap = LawBootstrap.of(LawFitter.forData(seen), seen, draws, seed);
    ScalingData all = ScalingData.of(points);
    List<HoldOut> cells = new ArrayList<>();
    for (Cell cell : all.cells()) {
      if (cell.parameters == largest) {
        String optimizer = all.optimizers().get(cell.optimizer);
        cells.add(
            new HoldOut(
                optimizer,
                cell.parameters,
                cell.tokens,
                cell.size(),
                FastMath.exp(cell.mean()),
                bootstrap.prediction(optimizer, cell.parameters, cell.tokens, cell.size())));
      }
    }
    return cells;
  }
}
