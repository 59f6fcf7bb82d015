package dev.pullback.optim;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every optimiser of the library by name, with the hyperparameter names of the paper's comparison.
 * All of them also know {@code lr} and {@code weight_decay}.
 */
public final class Optimizers {

  private static final Map<String, Double> METRIC = Map.of("xi", 0.1, "beta", 0.8, "momentum", 0.9);
  private static final Map<String, Double> RELATIVE =
      Map.of("kappa", 1.0, "trace_average", 0.99, "beta", 0.8, "momentum", 0.9);
  private static final Map<String, Double> RMS = Map.of("beta_rms", 0.99, "eps", 1e-8);
  private static final Map<String, Double> ADAM = Map.of("beta1", 0.9, "beta2", 0.999, "eps", 1e-8);
  private static final Map<String, Double> MUON =
      Map.of("momentum", 0.95, "adam_beta1", 0.9, "adam_beta2", 0.999, "eps", 1e-8);
  private static final Map<String, String> MUON_NAMES =
      Map.of(
          "embeddings.momentum", "momentum",
          "matrices.momentum", "momentum",
          "embeddings.eps", "eps",
          "matrices.eps", "eps",
          "rest.eps", "eps",
          "rest.beta1", "adam_beta1",
          "rest.beta2", "adam_beta2");
  private static final Map<String, Double> BLOCKS =
      Map.of("every", 10.0, "longest_side", 10_000.0, "block", 0.0);
  private static final Map<String, Double> SOAP =
      with(BLOCKS, Map.of("momentum", 0.95, "beta_rms", 0.95, "eps", 1e-8));
  private static final Map<String, Double> SHAMPOO =
      with(BLOCKS, Map.of("momentum", 0.9, "beta_rms", 0.95, "eps", 1e-6));

  private static final List<OptimizerSpec> ALL =
      List.of(
          new OptimizerSpec("sgd_metric", 0.1, METRIC, h -> absolute(InducedMetric.sgdMetric(), h)),
          new OptimizerSpec(
              "sgd_log_metric", 0.1, METRIC, h -> absolute(InducedMetric.sgdLogMetric(), h)),
          new OptimizerSpec(
              "sgd_rms",
              0.1,
              with(METRIC, RMS),
              h -> InducedMetric.over("sgd_rms", rms(h)).optXi(h.get("xi")).optBeta(h.get("beta"))),
          new OptimizerSpec(
              "sgd_rms_relative",
              1e-3,
              with(RELATIVE, Map.of("kappa", 0.5, "beta_rms", 0.999, "eps", 1e-8)),
              h -> relative(InducedMetric.over("sgd_rms_relative", rms(h)), h)),
          new OptimizerSpec(
              "sgd_rms_exact",
              1e-3,
              with(RMS, Map.of("xi", 0.1, "momentum", 0.9)),
              h -> InducedMetric.over("sgd_rms_exact", rms(h)).optExact().optXi(h.get("xi"))),
          new OptimizerSpec(
              "sgd_rms_cross",
              1e-3,
              with(RMS, Map.of("xi", 0.1, "momentum", 0.9, "coupling", 0.5)),
              h ->
                  InducedMetric.over("sgd_rms_cross", rms(h))
                      .optCrossTerm(h.get("coupling"))
                      .optXi(h.get("xi"))),
          new OptimizerSpec(
              "sgd",
              0.1,
              Map.of("momentum", 0.9),
              h -> StepOptimizer.builder(Rules.sgd(h.get("momentum")))),
          new OptimizerSpec("adam", 1e-3, ADAM, h -> adam(h, "adam")),
          new OptimizerSpec("adamw", 1e-3, ADAM, h -> adam(h, "adamw")),
          new OptimizerSpec(
              "rmsprop",
              1e-3,
              Map.of("decay", 0.9, "momentum", 0.0, "eps", 1e-8),
              h ->
                  StepOptimizer.builder(
                      Rules.rmsProp(h.get("decay"), h.get("momentum"), h.get("eps")))),
          new OptimizerSpec(
              "lion",
              1e-4,
              Map.of("beta1", 0.9, "beta2", 0.99),
              h -> StepOptimizer.builder(Rules.lion(h.get("beta1"), h.get("beta2")))),
          new OptimizerSpec(
              "adopt",
              1e-3,
              Map.of("beta1", 0.9, "beta2", 0.9999, "eps", 1e-6),
              h ->
                  StepOptimizer.builder(
                      new AdoptRule(h.get("beta1"), h.get("beta2"), h.get("eps")))),
          new OptimizerSpec(
              "schedule_free",
              2.5e-3,
              ADAM,
              h ->
                  StepOptimizer.builder(
                          "schedule_free",
                          rest(Rules.adam(0, h.get("beta2"), h.get("eps"))),
                          Map.of("beta_rms", "beta2"))
                      .optWeightAveraging(WeightAveraging.scheduleFree(h.get("beta1")))),
          new OptimizerSpec(
              "muon", 0.02, MUON, h -> StepOptimizer.builder("muon", muon(h), MUON_NAMES)),
          new OptimizerSpec(
              "muon_metric",
              0.02,
              with(MUON, Map.of("kappa", 1.0, "trace_average", 0.99, "beta", 0.8)),
              h -> relative(InducedMetric.named("muon_metric", muon(h), MUON_NAMES), h)),
          new OptimizerSpec(
              "shampoo",
              1e-3,
              SHAMPOO,
              h -> StepOptimizer.builder("shampoo", rest(shampoo(h)), Map.of())),
          new OptimizerSpec(
              "soap", 3e-3, SOAP, h -> StepOptimizer.builder("soap", rest(soap(h)), Map.of())),
          new OptimizerSpec(
              "soap_metric",
              3e-3,
              with(SOAP, Map.of("kappa", 1.0, "trace_average", 0.99, "beta", 0.8)),
              h -> relative(InducedMetric.over("soap_metric", rest(soap(h))), h)));

  private Optimizers() {}

  /**
   * Lists all optimisers.
   *
   * @return one specification each
   */
  public static List<OptimizerSpec> all() {
    return ALL;
  }

  /**
   * Finds an optimiser.
   *
   * @param name its name
   * @return its specification
   * @throws IllegalArgumentException if there is none of that name; the message lists the names
   */
  public static OptimizerSpec byName(String name) {
    return ALL.stream()
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no optimizer '%s'; choose one of %s"
                        .formatted(
                            name,
                            ALL.stream()
                                .map(OptimizerSpec::name)
                                .collect(Collectors.joining(", ")))));
  }

  /**
   * Starts an optimiser by name.
   *
   * @param name its name
   * @param hyperparameters values by name, {@code lr} and {@code weight_decay} included; defaults
   *     where absent
   * @return a builder for schedules, masks and clipping
   * @throws IllegalArgumentException if a name is unknown or a value out of range
   */
  public static StepOptimizerBuilder<?> builder(String name, Map<String, Double> hyperparameters) {
    return byName(name).builder(hyperparameters);
  }

  /**
   * Reads an optimiser of groups of parameters, such as {@code "/wte|wpe/: adam lr=0.3 decay=0;
   * matrices: muon momentum=0.9; rest: nadam decay=0"}: groups separated by semicolons, each with
   * which parameters it takes ({@code matrices}, {@code others}, {@code rest}, or a regular
   * expression between slashes that is searched in their paths), and its rule ({@code adam}, {@code
   * gradient}, {@code lion}, {@code muon}, {@code muon-rows}, {@code nadam}, {@code sgd}, {@code
   * shampoo}, {@code soap}) with factors of the learning rate and the weight decay, and
   * hyperparameters. A parameter belongs to the first group that takes it.
   *
   * @param text the groups
   * @return a specification named {@code groups}. With its {@code kappa} above 0 (default 0) the
   *     induced metric with a relative ξ is over all groups
   * @throws IllegalArgumentException if it cannot be read; the message names the part
   */
  public static OptimizerSpec groups(String text) {
    List<ParameterGroup> groups = GroupsText.parse(text);
    return new OptimizerSpec(
        "groups",
        1e-3,
        Map.of("kappa", 0.0, "trace_average", 0.99, "beta", 0.8),
        h ->
            h.get("kappa") == 0
                ? StepOptimizer.builder("groups", groups)
                : relative(InducedMetric.over("groups", groups), h));
  }

  private static StepOptimizerBuilder<?> absolute(
      InducedMetric.Builder builder, Map<String, Double> h) {
    return builder.optXi(h.get("xi")).optBeta(h.get("beta")).optMomentum(h.get("momentum"));
  }

  private static StepOptimizerBuilder<?> relative(
      InducedMetric.Builder builder, Map<String, Double> h) {
    return builder
        .optRelativeXi(h.get("kappa"))
        .optTraceAverage(h.get("trace_average"))
        .optBeta(h.get("beta"));
  }

  private static List<ParameterGroup> rest(UpdateRule rule) {
    return List.of(ParameterGroup.rest(rule));
  }

  private static List<ParameterGroup> rms(Map<String, Double> h) {
    return rest(
        Rules.preconditioned(
            AmbientMetric.rms(h.get("beta_rms"), h.get("eps")), h.get("momentum")));
  }

  private static StepOptimizerBuilder<?> adam(Map<String, Double> h, String name) {
    return StepOptimizer.builder(
        name,
        rest(Rules.adam(h.get("beta1"), h.get("beta2"), h.get("eps"))),
        Map.of("momentum", "beta1", "beta_rms", "beta2"));
  }

  private static List<ParameterGroup> muon(Map<String, Double> h) {
    Checks.decayRate("adam_beta1", h.get("adam_beta1"));
    Checks.decayRate("adam_beta2", h.get("adam_beta2"));
    return Rules.muonGroups(
        h.get("momentum"), h.get("adam_beta1"), h.get("adam_beta2"), h.get("eps"));
  }

  private static UpdateRule soap(Map<String, Double> h) {
    return Rules.preconditioned(
        AmbientMetric.soap(h.get("beta_rms"), h.get("eps"), blocks(h)), h.get("momentum"));
  }

  private static UpdateRule shampoo(Map<String, Double> h) {
    return Rules.preconditioned(
        AmbientMetric.shampoo(h.get("beta_rms"), h.get("eps"), blocks(h)), h.get("momentum"));
  }

  /** No block where it is 0. */
  private static MatrixBlocks blocks(Map<String, Double> h) {
    return new MatrixBlocks(
        whole(h, "every"),
        whole(h, "longest_side"),
        h.get("block") == 0 ? Integer.MAX_VALUE : whole(h, "block"));
  }

  private static int whole(Map<String, Double> h, String name) {
    double value = h.get(name);
    if (!(value >= 1 && value == (int) value)) {
      throw new IllegalArgumentException(
          name + " must be a whole number of at least 1, but is " + value);
    }
    return (int) value;
  }

  private static Map<String, Double> with(Map<String, Double> a, Map<String, Double> b) {
    Map<String, Double> all = new HashMap<>(a);
    all.putAll(b);
    return Map.copyOf(all);
  }
}
