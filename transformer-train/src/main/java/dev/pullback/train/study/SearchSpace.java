package dev.pullback.train.study;

import dev.pullback.optim.Optimizers;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.hipparchus.random.SobolSequenceGenerator;

/**
 * The hyperparameters that a search tries, and how a point of the unit cube becomes their values.
 * Points are Sobol's, shifted by the seed modulo 1, so that every seed has points of its own that
 * fill the space evenly.
 */
public final class SearchSpace {

  /** The optimisers that the paper searched functions of two variables with. */
  public static final List<String> LOWDIM_OPTIMIZERS =
      List.of("sgd", "adam", "sgd_metric", "sgd_log_metric", "sgd_rms");

  /** How many points may be drawn for each that is wanted, before a grid counts as used up. */
  private static final long PATIENCE = 20;

  /** How a number in [0, 1) becomes a value. */
  @FunctionalInterface
  public interface Axis {
    double value(double unit);
  }

  private final Map<String, Axis> axes;
  private final Map<String, Double> fixed;

  private SearchSpace(Map<String, Axis> axes, Map<String, Double> fixed) {
    this.axes = axes;
    this.fixed = fixed;
  }

  /** The paper's spaces for training; see its appendix. */
  public static SearchSpace training(String subject, String optimizer) {
    boolean cifar = subject.equals(Subjects.CIFAR10);
    Axis rate = cifar ? logarithmic(1e-7, 1e-2) : logarithmic(1e-6, 1);
    Axis beta1 = linear(0.8, 0.99);
    Axis beta2 = linear(0.9, 0.999);
    Axis decay = logarithmic(1e-6, 1e-2);
    Map<String, Axis> axes = new LinkedHashMap<>();
    Map<String, Double> fixed =
        Optimizers.byName(optimizer).defaults().containsKey("eps") ? Map.of("eps", 1e-8) : Map.of();
    axes.put("lr", rate);
    switch (optimizer) {
      case "sgd" -> axes.put("momentum", linear(0.1, 0.99));
      case "adam" -> putAll(axes, Map.of("beta1", beta1, "beta2", beta2));
      case "adamw", "lion" ->
          putAll(axes, Map.of("beta1", beta1, "beta2", beta2, "weight_decay", decay));
      case "rmsprop" ->
          putAll(axes, Map.of("decay", beta2, "momentum", linear(0, 0.99), "weight_decay", decay));
      case "muon" ->
          putAll(
              axes,
              Map.of(
                  "momentum",
                  beta1,
                  "adam_beta1",
                  beta1,
                  "adam_beta2",
                  beta2,
                  "weight_decay",
                  decay));
      default -> {
        putAll(
            axes,
            Map.of(
                "momentum",
                beta1,
                "beta",
                linear(0.6, 0.9),
                "xi",
                xi(subject),
                "weight_decay",
                decay));
        if (optimizer.equals("sgd_rms")) {
          axes.put("beta_rms", beta2);
        }
      }
    }
    return new SearchSpace(axes, fixed);
  }

  private static Axis xi(String subject) {
    return switch (subject) {
      case Subjects.SHAKESPEARE -> logarithmic(1e-8, 1e-4);
      case Subjects.CIFAR10 -> logarithmic(1e-9, 1e-5);
      default -> logarithmic(5e-5, 1e-1);
    };
  }

  /** The paper's grids for functions of two variables. */
  public static SearchSpace lowDimensional(String optimizer) {
    if (!LOWDIM_OPTIMIZERS.contains(optimizer)) {
      throw new InputException(
          "The paper has no grid for %s; --search of lowdim knows %s"
              .formatted(optimizer, String.join(", ", LOWDIM_OPTIMIZERS)));
    }
    Axis momentum = choice(0, .01, .1, .25, .5, .75, .9, .99);
    Axis root = choice(.8, .85, .9, .99, .999);
    Map<String, Axis> axes = new LinkedHashMap<>();
    axes.put("lr", choice(1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10));
    if (optimizer.equals("adam")) {
      axes.put("beta1", momentum);
      axes.put("beta2", root);
      return new SearchSpace(axes, Map.of());
    }
    axes.put("momentum", momentum);
    if (optimizer.equals("sgd")) {
      return new SearchSpace(axes, Map.of());
    }
    axes.put("xi", choice(.01, .1, 1, 10));
    if (optimizer.equals("sgd_rms")) {
      axes.put("beta_rms", root);
    }
    return new SearchSpace(axes, Map.of("beta", 0.0));
  }

  /**
   * Draws points. Those of a grid that were drawn before are drawn again, so that none comes twice.
   *
   * @param count how many
   * @param seed where the shift comes from
   * @return hyperparameters by name, of each point; fewer than {@code count} if a grid is smaller
   */
  public List<Map<String, Double>> points(int count, long seed) {
    SobolSequenceGenerator sobol = new SobolSequenceGenerator(axes.size());
    SplittableRandom random = new SplittableRandom(SplitMix64.mix(seed, "search"));
    double[] shift = random.doubles(axes.size()).toArray();
    return Stream.generate(() -> point(sobol.nextVector(), shift))
        .limit(PATIENCE * count)
        .distinct()
        .limit(count)
        .toList();
  }

  private Map<String, Double> point(double[] unit, double[] shift) {
    Map<String, Double> values = new TreeMap<>(fixed);
    int i = 0;
    for (Map.Entry<String, Axis> axis : axes.entrySet()) {
      double shifted = unit[i] + shift[i];
      values.put(axis.getKey(), axis.getValue().value(shifted - Math.floor(shifted)));
      i++;
    }
    return values;
  }

  /** In a fixed order, which Map.of has not. */
  private static void putAll(Map<String, Axis> axes, Map<String, Axis> more) {
    axes.putAll(new TreeMap<>(more));
  }

  private static Axis linear(double from, double to) {
    return unit -> from + unit * (to - from);
  }

  private static Axis logarithmic(double from, double to) {
    return unit -> from * Math.pow(to / from, unit);
  }

  private static Axis choice(double... values) {
    return unit -> values[(int) (unit * values.length)];
  }
}
