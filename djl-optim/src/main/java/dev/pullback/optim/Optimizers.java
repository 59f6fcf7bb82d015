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
  private static final Map<String, Double> ADAM = Map.of("beta1", 0.9, "beta2", 0.999, "eps", 1e-8);

  private static final List<OptimizerSpec> ALL =
      List.of(
          new OptimizerSpec(
              "sgd_metric",
              0.1,
              METRIC,
              h -> metric(h, "sgd_metric", AmbientMetric.euclidean(), new LossEmbedding.Linear())),
          new OptimizerSpec(
              "sgd_log_metric",
              0.1,
              METRIC,
              h -> metric(h, "sgd_log_metric", AmbientMetric.euclidean(), new LossEmbedding.Log())),
          new OptimizerSpec(
              "sgd_rms",
              0.1,
              with(METRIC, Map.of("beta_rms", 0.99, "eps", 1e-8)),
              h ->
                  metric(
                      h,
                      "sgd_rms",
                      AmbientMetric.rms(h.get("beta_rms"), h.get("eps")),
                      new LossEmbedding.Linear())),
          new OptimizerSpec(
              "sgd", 0.1, Map.of("momentum", 0.9), h -> new SgdRule(h.get("momentum"))),
          new OptimizerSpec("adam", 1e-3, ADAM, h -> adam(h, "adam")),
          new OptimizerSpec("adamw", 1e-3, ADAM, h -> adam(h, "adamw")),
          new OptimizerSpec(
              "rmsprop",
              1e-3,
              Map.of("decay", 0.9, "momentum", 0.0, "eps", 1e-8),
              h -> new RmsPropRule(h.get("decay"), h.get("momentum"), h.get("eps"))),
          new OptimizerSpec(
              "lion",
              1e-4,
              Map.of("beta1", 0.9, "beta2", 0.99),
              h -> new LionRule(h.get("beta1"), h.get("beta2"))),
          new OptimizerSpec(
              "muon",
              0.02,
              Map.of("momentum", 0.95, "adam_beta1", 0.9, "adam_beta2", 0.999, "eps", 1e-8),
              h ->
                  new MuonRule(
                      h.get("momentum"),
                      h.get("adam_beta1"),
                      h.get("adam_beta2"),
                      h.get("eps"),
                      MuonRule.Role::byName)));

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
    OptimizerSpec spec = byName(name);
    Map<String, Double> own = new HashMap<>(hyperparameters);
    Double learningRate = own.remove("lr");
    Double weightDecay = own.remove("weight_decay");
    StepOptimizerBuilder<?> builder = StepOptimizer.builder(spec.rule(own));
    builder.optLearningRate(learningRate == null ? spec.learningRate() : learningRate);
    builder.optWeightDecay(weightDecay == null ? 0 : weightDecay);
    return builder;
  }

  private static UpdateRule metric(
      Map<String, Double> h, String name, AmbientMetric metric, LossEmbedding embedding) {
    return new InducedMetricRule(
        name, metric, embedding, h.get("xi"), h.get("beta"), h.get("momentum"));
  }

  private static UpdateRule adam(Map<String, Double> h, String name) {
    return new AdamRule(name, h.get("beta1"), h.get("beta2"), h.get("eps"));
  }

  private static Map<String, Double> with(Map<String, Double> a, Map<String, Double> b) {
    Map<String, Double> all = new HashMap<>(a);
    all.putAll(b);
    return Map.copyOf(all);
  }
}
