package dev.pullback.train.scaling;

import dev.pullback.train.scaling.ScalingLaw.Efficiency;
import dev.pullback.train.scaling.ScalingLaw.Form;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A law of three optimisers, and points of it as a study would have them. */
record Synthetic(ScalingLaw law, int seeds, double noise) {

  private static final double[] SIZES = {2e4, 5e4, 1.2e5, 3e5, 8e5};

  /**
   * Makes a law.
   *
   * @param seeds of every cell
   * @param noise standard deviation of the log loss, half of whose variance the seeds share
   */
  static Synthetic of(Form form, int seeds, double noise) {
    boolean both = form == Form.SIZE_AND_TOKENS;
    Map<String, Efficiency> efficiencies = new LinkedHashMap<>();
    efficiencies.put("adamw", new Efficiency(1, both ? 1 : Double.NaN));
    efficiencies.put("muon", new Efficiency(1.2, both ? 1.3 : Double.NaN));
    efficiencies.put("metric", new Efficiency(1, both ? 1.05 : Double.NaN));
    return new Synthetic(
        new ScalingLaw(
            form, 0.9, 30, 0.35, both ? 60 : Double.NaN, both ? 0.3 : Double.NaN, efficiencies),
        seeds,
        noise);
  }

  /** Draws points: 20 tokens a parameter, and 5 and 80 as well at the three smallest sizes. */
  List<LossPoint> points(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean both = law.form() == Form.SIZE_AND_TOKENS;
    List<LossPoint> points = new ArrayList<>();
    for (int i = 0; i < SIZES.length; i++) {
      for (double ratio : both && i < 3 ? new double[] {5, 20, 80} : new double[] {20}) {
        for (int s = 0; s < seeds; s++) {
          double shared = random.nextGaussian();
          for (String optimizer : law.efficiencies().keySet()) {
            double deviation = noise * (shared + random.nextGaussian()) / Math.sqrt(2);
            double loss = law.loss(optimizer, SIZES[i], ratio * SIZES[i]) * Math.exp(deviation);
            points.add(new LossPoint(optimizer, SIZES[i], ratio * SIZES[i], s, loss));
          }
        }
      }
    }
    return points;
  }
}
