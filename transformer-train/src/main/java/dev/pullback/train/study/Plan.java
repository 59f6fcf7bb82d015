package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.NamedEmbedding;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.paper.PublishedHyperparameters;
import dev.pullback.train.task.TestFunction;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Which trials a task consists of. */
public final class Plan {

  /** The optimisers of the comparison. */
  public static final List<String> OPTIMIZERS =
      List.of("sgd", "adam", "adamw", "muon", "lion", "sgd_metric", "sgd_log_metric", "sgd_rms");

  public static final String LOWDIM = ResultRow.LOW_DIMENSIONAL;
  public static final String XI = "ablate-xi";
  public static final String CLIP = "ablate-clip";
  public static final String EMBEDDING = "ablate-embedding";
  public static final String LOSS = "ablate-loss";
  public static final String TRANSFER = "transfer";

  /** Searches share no luck with the seeds that are reported. */
  private static final String SEARCH_SEED = "0";

  private static final String BASE = ResultRow.BASE;
  private static final String METRIC = "sgd_rms";
  private static final List<Double> DECADES = List.of(1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0);
  private static final List<Double> RATES = List.of(0.3, 1.0, 3.0);

  private final List<String> optimizers;
  private final int seeds;
  private final RunOptions common;

  /**
   * Creates the plan.
   *
   * @param optimizers those to run, or empty for each task's own choice
   * @param seeds how many seeds each has, at least 1
   * @param common what all trials share: engine, precision, threads, epochs, data folder
   */
  Plan(List<String> optimizers, int seeds, RunOptions common) {
    this.optimizers = optimizers;
    this.seeds = seeds;
    this.common = common;
  }

  /** Returns the optimisers of a task. */
  public List<String> optimizers(List<String> otherwise) {
    return optimizers.isEmpty() ? otherwise : optimizers;
  }

  /** The published searches of all functions, or of the chosen optimisers; there may be none. */
  List<TrialSpec> lowDimensional() {
    List<TrialSpec> trials = new ArrayList<>();
    for (TestFunction function : TestFunction.values()) {
      PublishedHyperparameters.ofFunction(function.lowerCaseName())
          .forEach(
              (optimizer, values) -> {
                if (optimizers.isEmpty() || optimizers.contains(optimizer)) {
                  trials.add(lowDimensional(LOWDIM, function, null, optimizer, values));
                }
              });
    }
    return trials;
  }

  /** A search for the least value, without smoothing of the metric. */
  TrialSpec lowDimensional(
      String experiment,
      TestFunction function,
      String variant,
      String optimizer,
      Map<String, Double> values) {
    Map<String, Double> own = new TreeMap<>(values);
    if (own.containsKey("xi")) {
      own.put("beta", 0.0);
    }
    return trial(experiment, function.lowerCaseName(), variant, optimizer, own);
  }

  /** A trial with the seed of its subject's preset. */
  private TrialSpec trial(
      String experiment,
      String subject,
      String variant,
      String optimizer,
      Map<String, Double> values) {
    RunConfig config = Subjects.config(subject, optimizer, common).withHyperparameters(values);
    if (experiment.equals(ResultRow.SEARCH) && TestFunction.byName(subject).isPresent()) {
      // Every step of thousands of trials would fill gigabytes.
      config = config.with(Map.of("log-interval", config.values().get("max-steps")));
    }
    return new TrialSpec(experiment, subject, variant, config);
  }

  /** Every optimiser with its published hyperparameters. */
  public List<TrialSpec> comparison(String subject) {
    return optimizers(OPTIMIZERS).stream()
        .flatMap(name -> seeds(subject, subject, null, name, null, published(subject, name)))
        .toList();
  }

  /**
   * ξ = 0 and other values of it, decades if none is given, all else equal; and ξ = 0 with what
   * else may do the same: other learning rates, and a warm-up.
   */
  public List<TrialSpec> xi(
      String subject, List<Double> xis, List<Double> rates, List<Integer> warmups) {
    List<TrialSpec> trials = new ArrayList<>();
    for (String name : optimizers(List.of(METRIC, "sgd_metric"))) {
      Map<String, Double> values = published(subject, name);
      if (!values.containsKey("xi")) {
        throw new InputException(name + " has no xi to vary");
      }
      Map<String, Double> base = with(values, "xi", 0);
      seeds(XI, subject, BASE, name, null, base).forEach(trials::add);
      for (double xi : orDecades(xis)) {
        seeds(XI, subject, label("xi", xi), name, null, with(values, "xi", xi))
            .forEach(trials::add);
      }
      for (double rate : rates) {
        seeds(XI, subject, label("rate", rate), name, null, timesRate(base, rate))
            .forEach(trials::add);
      }
      for (int steps : warmups) {
        seeds(XI, subject, label("warmup", steps), name, null, with(base, "warmup_steps", steps))
            .forEach(trials::add);
      }
    }
    return trials;
  }

  /**
   * AdamW with the base preconditioner's hyperparameters, without and with clipping, and the
   * induced metric, with its published ξ if no other is given.
   */
  public List<TrialSpec> clip(String subject, List<Double> norms, List<Double> xis) {
    Map<String, Double> values = published(subject, METRIC);
    Map<String, Double> adamw = new TreeMap<>();
    adamw.put("lr", values.get("lr"));
    adamw.put("weight_decay", values.get("weight_decay"));
    adamw.put("beta1", values.get("momentum"));
    adamw.put("beta2", values.get("beta_rms"));
    adamw.put("eps", values.get("eps"));
    List<TrialSpec> trials = new ArrayList<>();
    seeds(CLIP, subject, BASE, "adamw", null, adamw).forEach(trials::add);
    for (double norm : norms) {
      seeds(CLIP, subject, label("clip", norm), "adamw", null, with(adamw, "clip_norm", norm))
          .forEach(trials::add);
    }
    if (xis.isEmpty()) {
      seeds(CLIP, subject, "metric", METRIC, null, values).forEach(trials::add);
    }
    for (double xi : xis) {
      seeds(CLIP, subject, label("xi", xi), METRIC, null, with(values, "xi", xi))
          .forEach(trials::add);
    }
    return trials;
  }

  /**
   * The RMS metric under other embeddings, each with a third, once and three times the rate, with
   * its published ξ if no other is given.
   */
  public List<TrialSpec> embedding(String subject, List<Double> xis) {
    Map<String, Double> published = published(subject, METRIC);
    List<TrialSpec> trials = new ArrayList<>();
    seeds(EMBEDDING, subject, BASE, METRIC, NamedEmbedding.LINEAR, published).forEach(trials::add);
    for (double xi : xis.isEmpty() ? List.of(published.get("xi")) : xis) {
      for (NamedEmbedding embedding : NamedEmbedding.values()) {
        for (double rate : RATES) {
          Map<String, Double> values = timesRate(with(published, "xi", xi), rate);
          if (embedding == NamedEmbedding.LINEAR && values.equals(published)) {
            continue;
          }
          String name = embedding.name().toLowerCase(Locale.ROOT) + " " + label("rate", rate);
          String variant = xis.isEmpty() ? name : name + " " + label("xi", xi);
          seeds(EMBEDDING, subject, variant, METRIC, embedding, values).forEach(trials::add);
        }
      }
    }
    return trials;
  }

  /** One dimension for the whole loss, and one for each of its two components. */
  public List<TrialSpec> loss(String subject, List<Double> xis) {
    if (!subject.equals(Subjects.MNIST)) {
      // On CIFAR-10 the parts of a batch would be normalised each by itself.
      throw new InputException("%s goes with mnist, not with %s".formatted(LOSS, subject));
    }
    Map<String, Double> values = published(subject, METRIC);
    List<TrialSpec> trials = new ArrayList<>();
    seeds(LOSS, subject, BASE, METRIC, null, values).forEach(trials::add);
    for (double xi : orDecades(xis)) {
      Map<String, Double> exact = with(with(values, "xi", xi), "beta", 0);
      for (int k = 1; k <= 2; k++) {
        String variant = "k=%d %s".formatted(k, label("xi", xi));
        seeds(LOSS, subject, variant, METRIC, null, with(exact, "components", k))
            .forEach(trials::add);
      }
    }
    return trials;
  }

  /** Each optimiser with its own hyperparameters and with those of another data set. */
  public List<TrialSpec> transfer(String subject, String from) {
    List<TrialSpec> trials = new ArrayList<>();
    for (String name : optimizers(OPTIMIZERS)) {
      seeds(TRANSFER, subject, BASE, name, null, published(subject, name)).forEach(trials::add);
      seeds(TRANSFER, subject, "from " + from, name, null, published(from, name))
          .forEach(trials::add);
    }
    return trials;
  }

  /** A trial of a search for hyperparameters. */
  TrialSpec searched(String subject, String number, String optimizer, Map<String, Double> values) {
    return trial(ResultRow.SEARCH, subject, number, optimizer, values)
        .with(Map.of("seed", SEARCH_SEED));
  }

  /** One trial for each seed, from 1. */
  Stream<TrialSpec> seeds(
      String experiment,
      String subject,
      String variant,
      String optimizer,
      NamedEmbedding embedding,
      Map<String, Double> values) {
    TrialSpec first = trial(experiment, subject, variant, optimizer, values);
    TrialSpec own =
        embedding == null
            ? first
            : first.with(Map.of("embedding", embedding.name().toLowerCase(Locale.ROOT)));
    return Stream.iterate(1L, seed -> seed + 1)
        .limit(seeds)
        .map(seed -> own.with(Map.of("seed", "" + seed)));
  }

  private static Map<String, Double> published(String subject, String optimizer) {
    return PublishedHyperparameters.of(subject, optimizer)
        .orElseThrow(
            () ->
                new InputException(
                    "There are no hyperparameters of %s for %s; it can be searched with --search N"
                        .formatted(optimizer, subject)));
  }

  private static List<Double> orDecades(List<Double> xis) {
    return xis.isEmpty() ? DECADES : xis;
  }

  private static Map<String, Double> with(Map<String, Double> values, String name, double value) {
    Map<String, Double> changed = new TreeMap<>(values);
    changed.put(name, value);
    return changed;
  }

  private static Map<String, Double> timesRate(Map<String, Double> values, double factor) {
    return with(values, "lr", factor * values.get("lr"));
  }

  private static String label(String name, double value) {
    return "%s=%s".formatted(name, BigDecimal.valueOf(value).stripTrailingZeros().toPlainString());
  }
}
