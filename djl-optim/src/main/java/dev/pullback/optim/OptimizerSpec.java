package dev.pullback.optim;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * An optimiser as {@link Optimizers} lists it.
 *
 * @param name its name, for example {@code sgd_rms}
 * @param learningRate the default learning rate
 * @param defaults the rule's own hyperparameters and their defaults
 * @param rule builds the rule from a value for each of them
 */
public record OptimizerSpec(
    String name,
    double learningRate,
    Map<String, Double> defaults,
    Function<Map<String, Double>, UpdateRule> rule) {

  /**
   * Builds the rule, with defaults where no value is given.
   *
   * @param values hyperparameters by name
   * @return the rule
   * @throws IllegalArgumentException if a name is unknown or a value out of range
   */
  public UpdateRule rule(Map<String, Double> values) {
    Map<String, Double> all = new HashMap<>(defaults);
    for (Map.Entry<String, Double> entry : values.entrySet()) {
      if (all.put(entry.getKey(), entry.getValue()) == null) {
        throw new IllegalArgumentException(
            "%s has no hyperparameter %s; it has lr, weight_decay, %s"
                .formatted(
                    name, entry.getKey(), String.join(", ", new TreeSet<>(defaults.keySet()))));
      }
    }
    return rule.apply(all);
  }
}
