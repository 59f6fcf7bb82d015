package dev.pullback.train.study;

import dev.pullback.optim.Optimizers;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
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

  /** A space whose axes a person gave, in their order. */
  static SearchSpace of(Map<String, ? extends Axis> axes) {
    return new SearchSpace(new LinkedHashMap<>(axes), Map.of());
  }

  /** The hyperparameters that keep their defaults. */
  private static final Set<String> KEPT =
      Set.of("eps", "trace_average", "every", "longest_side", "block");

  /**
   * The paper's spaces for training, see its appendix; for optimisers that the paper does not have,
   * the same ranges of what they share with others.
   */
  public static SearchSpace training(String subject, String optimizer) {
    Set<String> names = new TreeSet<>(Optimizers.byName(optimizer).defaults().keySet());
    Map<String, Double> fixed = names.contains("eps") ? Map.of("eps", 1e-8) : Map.of();
    if (!Set.of("sgd", "adam").contains(optimizer)) {
      names.add("weight_decay");
    }
    names.removeAll(KEPT);
    Map<String, Axis> axes = new LinkedHashMap<>();
    axes.put("lr", rate(subject));
    boolean root = names.remove("beta_rms");
    names.forEach(name -> axes.put(name, axis(name, subject, optimizer)));
    if (root) { // last, as it always was, so that the points stay what they were
      axes.put("beta_rms", axis("beta_rms", subject, optimizer));
    }
    return new SearchSpace(axes, fixed);
  }

  private static Axis rate(String subject) {
    return subject.equals(Subjects.CIFAR10) ? logarithmic(1e-7, 1e-2) : logarithmic(1e-6, 1);
  }

  private static Axis axis(String name, String subject, String optimizer) {
    return switch (name) {
      case "momentum" ->
          switch (optimizer) {
            case "sgd" -> linear(0.1, 0.99);
            case "rmsprop" -> linear(0, 0.99);
            default -> linear(0.8, 0.99);
          };
      case "beta1", "adam_beta1" -> linear(0.8, 0.99);
      case "beta2", "adam_beta2", "decay", "beta_rms" -> linear(0.9, 0.999);
      case "beta" -> linear(0.6, 0.9);
      case "xi" -> xi(subject);
      case "kappa" -> logarithmic(0.1, 10);
      case "coupling" -> linear(-0.9, 0.9);
      case "weight_decay" -> logarithmic(1e-6, 1e-2);
      default -> throw new InputException("There is no range to search %s in".formatted(name));
    };
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
