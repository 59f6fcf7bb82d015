package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.NamedEmbedding;
import dev.pullback.train.data.Mnist;
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

  private static final String BASE = ResultRow.BASE;
  private static final String METRIC = "sgd_rms";
  private static final List<Double> DECADES = List.of(1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0);
  private static final List<Double> RATES = List.of(0.3, 1.0, 3.0);

  private final List<String> optimizers;
  private final int seeds;

  /**
   * Creates the plan.
   *
   * @param optimizers those to run, or empty for each task's own choice
   * @param seeds how many seeds each has, at least 1
   */
  public Plan(List<String> optimizers, int seeds) {
    this.optimizers = optimizers;
    this.seeds = seeds;
  }

  /** Returns the optimisers of a task. */
  public List<String> optimizers(List<String> otherwise) {
    return optimizers.isEmpty() ? otherwise : optimizers;
  }

  /** The published searches of all functions, or of the chosen optimisers; there may be none. */
  public List<Trial> lowDimensional() {
    List<Trial> trials = new ArrayList<>();
    for (TestFunction function : TestFunction.values()) {
      PublishedHyperparameters.of(function)
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
  public static Trial lowDimensional(
      String task,
      TestFunction function,
      String variant,
      String optimizer,
      Map<String, Double> values) {
    Map<String, Double> own = new TreeMap<>(values);
    if (own.containsKey("xi")) {
      own.put("beta", 0.0);
    }
    return new Trial(task, function.lowerCaseName(), variant, optimizer, null, 0, own);
  }

  /** Every optimiser with its published hyperparameters. */
  public List<Trial> comparison(String subject) {
    return optimizers(OPTIMIZERS).stream()
        .flatMap(name -> seeds(subject, subject, null, name, null, published(subject, name)))
        .toList();
  }

  /**
   * ξ = 0 and other values of it, decades if none is given, all else equal; and ξ = 0 with what
   * else may do the same: other learning rates, and a warm-up.
   */
  public List<Trial> xi(
      String subject, List<Double> xis, List<Double> rates, List<Integer> warmups) {
    List<Trial> trials = new ArrayList<>();
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
  public List<Trial> clip(String subject, List<Double> norms, List<Double> xis) {
    Map<String, Double> values = published(subject, METRIC);
    Map<String, Double> adamw = new TreeMap<>();
    adamw.put("lr", values.get("lr"));
    adamw.put("weight_decay", values.get("weight_decay"));
    adamw.put("beta1", values.get("momentum"));
    adamw.put("beta2", values.get("beta_rms"));
    adamw.put("eps", values.get("eps"));
    List<Trial> trials = new ArrayList<>();
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
  public List<Trial> embedding(String subject, List<Double> xis) {
    Map<String, Double> published = published(subject, METRIC);
    List<Trial> trials = new ArrayList<>();
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
  public List<Trial> loss(String subject, List<Double> xis) {
    if (!subject.equals(Mnist.NAME)) {
      // On CIFAR-10 the parts of a batch would be normalised each by itself.
      throw new InputException("%s goes with mnist, not with %s".formatted(LOSS, subject));
    }
    Map<String, Double> values = published(subject, METRIC);
    List<Trial> trials = new ArrayList<>();
    seeds(LOSS, subject, BASE, METRIC, null, values).forEach(trials::add);
    for (double xi : orDecades(xis)) {
      Map<String, Double> one = with(values, "xi", xi);
      String label = label("xi", xi);
      seeds(LOSS, subject, "k=1 " + label, METRIC, null, one).forEach(trials::add);
      seeds(LOSS, subject, "k=2 " + label, METRIC, null, with(one, "components", 2))
          .forEach(trials::add);
    }
    return trials;
  }

  /** Each optimiser with its own hyperparameters and with those of another data set. */
  public List<Trial> transfer(String subject, String from) {
    List<Trial> trials = new ArrayList<>();
    for (String name : optimizers(OPTIMIZERS)) {
      seeds(TRANSFER, subject, BASE, name, null, published(subject, name)).forEach(trials::add);
      seeds(TRANSFER, subject, "from " + from, name, null, published(from, name))
          .forEach(trials::add);
    }
    return trials;
  }

  /** One trial for each seed, from 1. */
  public Stream<Trial> seeds(
      String task,
      String subject,
      String variant,
      String optimizer,
      NamedEmbedding embedding,
      Map<String, Double> values) {
    return Stream.iterate(1L, seed -> seed + 1)
        .limit(seeds)
        .map(seed -> new Trial(task, subject, variant, optimizer, embedding, seed, values));
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
