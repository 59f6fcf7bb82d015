package dev.pullback.train.config;

import dev.pullback.optim.InducedMetric;
import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.ParameterGroup;
import dev.pullback.optim.Rules;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.optim.WeightAveraging;
import dev.pullback.train.InputException;
import dev.pullback.train.config.MuonMatrices.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a configuration says of the optimiser.
 *
 * @param options all options
 * @param values those that were given, by key
 */
record OptimizerSettings(RunOptions options, Map<String, String> values) {

  /** The optimisers' own hyperparameters, by the keys of their options. */
  private static final List<String> HYPERPARAMETERS =
      List.of(
          "lr",
          "weight-decay",
          "xi",
          "beta",
          "momentum",
          "beta-rms",
          "beta1",
          "beta2",
          "decay",
          "adam-beta1",
          "adam-beta2",
          "eps",
          "kappa",
          "trace-average",
          "coupling",
          "every",
          "longest-side",
          "block");

  private static final String GROUPS = "groups";
  private static final String SCHEDULE_FREE = "schedule_free";

  /** Of what {@link #hyperparameters} names. */
  private static final List<String> WHOLE_NUMBERS =
      List.of("warmup-steps", "components", "every", "longest-side", "block");

  /** Replaces all hyperparameters by those that {@link #hyperparameters} returned. */
  static Map<String, String> replaced(
      Map<String, String> values, Map<String, Double> hyperparameters) {
    Map<String, String> all = new LinkedHashMap<>(values);
    all.keySet().removeAll(HYPERPARAMETERS);
    put(hyperparameters, all);
    return all;
  }

  private static void put(Map<String, Double> hyperparameters, Map<String, String> all) {
    hyperparameters.forEach(
        (name, value) -> {
          String key = name.replace('_', '-');
          all.put(key, WHOLE_NUMBERS.contains(key) ? "" + value.intValue() : "" + value);
        });
  }

  /**
   * Starts the optimiser with schedule, decay mask and clipping.
   *
   * @param steps steps of the whole run, for the schedule
   * @return the builder
   * @throws InputException if a hyperparameter is unknown or out of range
   */
  StepOptimizerBuilder<?> builder(int steps) {
    StepOptimizerBuilder<?> builder = rule();
    double rate = learningRate();
    if (rate > 0
        && (options.warmupSteps > 0 || options.lrSchedule != LearningRateSchedule.CONSTANT)) {
      builder.optLearningRateTracker(
          options.lrSchedule.over(rate, options.finalLrFraction, options.warmupSteps, steps));
    }
    if (options.engine == TrainingEngine.MXNET) {
      try (StepOptimizer optimizer = builder.build()) {
        if (optimizer.needsDecompositions()) {
          throw new InputException(
              "engine: MXNet decomposes no matrices, which %s needs; use PyTorch"
                  .formatted(options.optimizer));
        }
      }
    }
    builder.setRescaleGrad(1f / options.accumulate);
    builder.optDecayMask(options.decayMask::includes);
    builder.optNonFinite(options.nonFinite);
    builder.optKernels(options.kernels);
    if (options.clipNorm != 0) {
      builder.optClipGradientNorm(options.clipNorm);
    }
    if (options.emaDecay != null) {
      if (options.optimizer.equals(SCHEDULE_FREE)) {
        throw new InputException("schedule_free has an average of its own; leave ema-decay out");
      }
      builder.optWeightAveraging(WeightAveraging.exponential(options.emaDecay));
    }
    return builder;
  }

  private OptimizerSpec spec() {
    boolean groups = options.optimizer.equals(GROUPS);
    if (groups != (options.groups != null)) {
      throw new InputException(
          groups
              ? "optimizer groups needs groups, such as \"matrices: muon; rest: nadam decay=0\""
              : "groups goes with optimizer groups, not with " + options.optimizer);
    }
    return groups ? Optimizers.groups(options.groups) : Optimizers.byName(options.optimizer);
  }

  private double learningRate() {
    return options.lr == null ? spec().learningRate() : options.lr;
  }

  private StepOptimizerBuilder<?> rule() {
    Map<String, Double> own = given();
    boolean rms = options.optimizer.equals("sgd_rms");
    if (!rms && (options.embedding != null || options.components != null)) {
      throw new InputException("embedding and components go with sgd_rms only");
    }
    Map<String, Double> h = complete();
    StepOptimizerBuilder<?> builder;
    if (options.embedding != null || options.components != null) {
      builder = induced(h);
    } else if (options.muonMatrices == MuonMatrices.PAPER && options.optimizer.equals("muon")) {
      builder = StepOptimizer.builder("muon", papersMuon(h));
    } else if (options.muonMatrices == MuonMatrices.PAPER
        && options.optimizer.equals("muon_metric")) {
      builder =
          InducedMetric.over("muon_metric", papersMuon(h))
              .optRelativeXi(h.get("kappa"))
              .optTraceAverage(h.get("trace_average"))
              .optBeta(h.get("beta"));
    } else {
      return spec().builder(own);
    }
    builder.optLearningRate(h.get("lr"));
    builder.optWeightDecay(h.get("weight_decay"));
    return builder;
  }

  private List<ParameterGroup> papersMuon(Map<String, Double> h) {
    return Rules.muonGroups(
        h.get("momentum"),
        h.get("adam_beta1"),
        h.get("adam_beta2"),
        h.get("eps"),
        p -> options.muonMatrices.role(p) == Role.EMBEDDING,
        p -> options.muonMatrices.role(p) == Role.LINEAR);
  }

  /** The induced metric with what only {@code sgd_rms} has. */
  private InducedMetric.Builder induced(Map<String, Double> h) {
    InducedMetric.Builder builder =
        InducedMetric.builder()
            .optRms(h.get("beta_rms"), h.get("eps"))
            .optXi(h.get("xi"))
            .optMomentum(h.get("momentum"));
    if (options.embedding != null) {
      builder.optEmbedding(options.embedding.embedding());
    }
    if (options.components == null) {
      return builder.optBeta(h.get("beta"));
    }
    return builder.optComponents(options.components).optBeta(componentsBeta());
  }

  /** The average of xi T is off unless it is asked for. */
  private double componentsBeta() {
    return given().getOrDefault("beta", 0.0);
  }

  /** The hyperparameters that were given, under the names that {@link Optimizers} knows. */
  private Map<String, Double> given() {
    Map<String, Double> given = new TreeMap<>();
    for (String key : HYPERPARAMETERS) {
      if (values.containsKey(key)) {
        given.put(key.replace('-', '_'), Double.valueOf(values.get(key)));
      }
    }
    return given;
  }

  /**
   * Returns a value for every hyperparameter of the optimiser, learning rate and weight decay among
   * them.
   *
   * @return values by the names that {@link Optimizers} knows
   */
  Map<String, Double> complete() {
    OptimizerSpec spec = spec();
    Map<String, Double> all = new TreeMap<>(spec.defaults());
    all.put("lr", spec.learningRate());
    all.put("weight_decay", 0.0);
    all.putAll(given());
    return all;
  }

  /** Returns the options of all hyperparameters, with the defaults of those that are not given. */
  Map<String, String> pinned() {
    Map<String, String> all = new LinkedHashMap<>();
    if (!options.optimizer.equals(GROUPS)) { // its rules have their own
      Map<String, Double> complete = complete();
      if (options.components != null) {
        complete.put("beta", componentsBeta());
      }
      put(complete, all);
      all.keySet().retainAll(HYPERPARAMETERS);
    }
    return all;
  }

  /**
   * Returns what tells the trials of an experiment apart: the given hyperparameters, and clipping,
   * warm-up and components where there are any.
   *
   * @return values by name
   */
  Map<String, Double> hyperparameters() {
    Map<String, Double> all = given();
    if (options.clipNorm != 0) {
      all.put("clip_norm", options.clipNorm);
    }
    if (options.warmupSteps != 0) {
      all.put("warmup_steps", (double) options.warmupSteps);
    }
    if (options.components != null) {
      all.put("components", (double) options.components);
    }
    return all;
  }
}
