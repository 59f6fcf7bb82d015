package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.YamlNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a study compares, read from a YAML file. Every optimiser has the same number of tuning
 * points, the same ranges of what it shares with others, and the same budget, data and seeds; a
 * plan cannot say anything else.
 *
 * @param sizes options of each size by name, in the order of the file
 * @param entries what is compared, in the order of the file
 * @param points tuning trials of every entry at every size, at least 1
 * @param tuningSeed the seed of all tuning trials, and of the points' shift
 * @param halvings after how many of a tuning trial's evaluations only the better half of the trials
 *     goes on (successive halving), at least 0
 * @param seeds the seeds of the evaluation trials, without the tuning seed
 */
public record StudyPlan(
    Map<String, Size> sizes,
    List<Entry> entries,
    int points,
    long tuningSeed,
    int halvings,
    List<Long> seeds) {

  /** The phases of a study, which are the experiments of its trials. */
  public static final String TUNING = "tuning";

  /** The phase whose results are compared. */
  public static final String EVALUATION = "evaluation";

  /** The size of a plan that names none. */
  public static final String ONE_SIZE = "base";

  /** What is tried around a law's learning rate. */
  private static final List<Double> BRACKET = List.of(0.5, 1.0, 2.0);

  private static final String RATE = "lr";

  /**
   * What is compared under a name.
   *
   * @param name such as {@code cross+0.5}
   * @param optimizer the optimiser's name
   * @param search the ranges of what is tuned, by option, in the order of the file
   */
  public record Entry(String name, String optimizer, Map<String, Range> search) {}

  /**
   * A size.
   *
   * @param configs the configuration of each of its entries by its name, but for what is tuned, and
   *     the seed
   * @param law empty where the size is tuned. Where it is too dear to tune, the tuned sizes that
   *     laws of the hyperparameters go through; only the learning rate is then tried, at half, once
   *     and twice what its law says
   * @param seeds those of the plan's seeds that the size is evaluated on
   */
  public record Size(Map<String, RunConfig> configs, List<String> law, List<Long> seeds) {

    /** Tells whether hyperparameters follow laws. */
    public boolean byLaw() {
      return !law.isEmpty();
    }

    /**
     * Counts the weights of the language model.
     *
     * @return those of its layers, without embeddings and head; null of another task
     */
    public Long weights() {
      RunConfig config = anyConfig();
      return config.options().layers == null ? null : config.model(1).layerParameterCount();
    }

    /**
     * Estimates what a token takes, forward and backward, attention and head included.
     *
     * @return floating-point operations; null of another task, or where only the text or a file
     *     says how many tokens the vocabulary has
     */
    public Double flopsPerToken() {
      RunConfig config = anyConfig();
      OptionalInt vocabulary = config.vocabularySize();
      return config.options().layers == null || vocabulary.isEmpty()
          ? null
          : config.model(vocabulary.getAsInt()).flopsPerToken();
    }

    /**
     * Returns the budget.
     *
     * @return tokens of a trial; null where the plan counts steps or epochs
     */
    public Long tokens() {
      return anyConfig().options().maxTokens;
    }

    private RunConfig anyConfig() {
      return configs.values().iterator().next();
    }
  }

  /**
   * A point where tuning trials are compared.
   *
   * @param step the step of an evaluation
   * @param keep how many go on, at least 1
   */
  record Rung(int step, int keep) {}

  /**
   * Reads a plan.
   *
   * @param file the YAML file
   * @return the plan
   * @throws InputException if it is none; the message names line and key
   */
  public static StudyPlan read(Path file) {
    return new StudyPlanReader(YamlNode.read(file)).plan();
  }

  /**
   * Returns what is compared at a size; the larger ones may leave some out.
   *
   * @param size a size
   * @return entries in the order of the file
   */
  public List<Entry> entries(String size) {
    return entries.stream()
        .filter(entry -> sizes.get(size).configs().containsKey(entry.name()))
        .toList();
  }

  /**
   * Returns where only the better half of an entry's tuning trials goes on.
   *
   * @param size a size
   * @param entry an entry
   * @return in the order of their steps; none at a size that follows laws: the three of a bracket
   *     differ in the learning rate alone, and halfway down a schedule lower rates are ahead of
   *     what ends better
   */
  List<Rung> rungs(String size, Entry entry) {
    if (sizes.get(size).byLaw()) {
      return List.of();
    }
    int interval = sizes.get(size).configs().get(entry.name()).options().evalInterval;
    List<Rung> rungs = new ArrayList<>();
    int trials = points(size, entry);
    for (int i = 1; i <= halvings && trials > 1; i++) {
      trials = (trials + 1) / 2;
      rungs.add(new Rung(i * interval, trials));
    }
    return rungs;
  }

  /**
   * Returns what an entry's trials take together, tuning and evaluation.
   *
   * @param size a size
   * @param entry an entry
   * @param steps of a whole trial, at least 1
   * @return in whole trials; less than their number where some are pruned
   */
  public double work(String size, Entry entry, long steps) {
    double work = points(size, entry) + sizes.get(size).seeds().size();
    int trials = points(size, entry);
    for (Rung rung : rungs(size, entry)) {
      work -= (trials - rung.keep()) * (1 - Math.min(1.0, (double) rung.step() / steps));
      trials = rung.keep();
    }
    return work;
  }

  /**
   * Returns how many tuning trials an entry has.
   *
   * @param size a size
   * @param entry an entry
   * @return their number
   */
  public int points(String size, Entry entry) {
    return !sizes.get(size).byLaw()
        ? points
        : entry.search().containsKey(RATE) ? BRACKET.size() : 1;
  }

  /**
   * Returns the tuning trials of an entry at a size that is tuned.
   *
   * @param size a size
   * @param entry an entry
   * @return one trial for each point
   */
  public List<TrialSpec> tuning(String size, Entry entry) {
    return tuning(size, entry, SearchSpace.of(entry.search()).points(points, tuningSeed));
  }

  /**
   * Returns the tuning trials of an entry at a size that follows laws.
   *
   * @param size a size
   * @param entry an entry
   * @param predicted what its laws say, by option; limited to its ranges
   * @return one trial for each learning rate of the bracket
   */
  public List<TrialSpec> bracket(String size, Entry entry, Map<String, Double> predicted) {
    Map<String, Double> point = new LinkedHashMap<>();
    entry
        .search()
        .forEach(
            (key, range) ->
                point.put(key, Math.min(range.high(), Math.max(range.low(), predicted.get(key)))));
    List<Map<String, Double>> points = new ArrayList<>();
    for (double factor : point.containsKey(RATE) ? BRACKET : List.of(1.0)) {
      Map<String, Double> next = new LinkedHashMap<>(point);
      next.computeIfPresent(RATE, (key, value) -> factor * value);
      points.add(next);
    }
    return tuning(size, entry, points);
  }

  private List<TrialSpec> tuning(String size, Entry entry, List<Map<String, Double>> points) {
    RunConfig config = sizes.get(size).configs().get(entry.name());
    List<TrialSpec> trials = new ArrayList<>();
    for (Map<String, Double> point : points) {
      Map<String, String> values = new LinkedHashMap<>();
      point.forEach((key, value) -> values.put(key, value.toString()));
      values.put("seed", "" + tuningSeed);
      String number = String.format(Locale.ROOT, "%03d", trials.size());
      String variant =
          entry.name().equals(entry.optimizer()) ? number : entry.name() + "-" + number;
      trials.add(new TrialSpec(TUNING, size, variant, config.with(values)));
    }
    return trials;
  }

  /**
   * Returns what an entry does not search.
   *
   * @param size a size
   * @param entry an entry
   * @return hyperparameters by name, defaults included, and clipping and warm-up where there are
   *     any
   */
  public Map<String, Double> fixed(String size, Entry entry) {
    RunConfig config = sizes.get(size).configs().get(entry.name());
    Map<String, Double> fixed = new TreeMap<>(config.withDefaults().hyperparameters());
    entry.search().keySet().forEach(key -> fixed.remove(key.replace('-', '_')));
    return fixed;
  }

  /**
   * Returns the evaluation trials of an entry.
   *
   * @param size a size
   * @param entry an entry
   * @param best the best tuning trial
   * @return one trial for each seed
   */
  public List<TrialSpec> evaluation(String size, Entry entry, TrialSpec best) {
    String variant = entry.name().equals(entry.optimizer()) ? null : entry.name();
    return sizes.get(size).seeds().stream()
        .map(
            seed ->
                new TrialSpec(
                    EVALUATION, size, variant, best.config().with(Map.of("seed", "" + seed))))
        .toList();
  }

  /** Returns any entry's configuration, for what all share: engine, precision, threads. */
  public RunConfig anyConfig() {
    return sizes.values().iterator().next().anyConfig();
  }
}
