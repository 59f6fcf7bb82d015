package dev.pullback.bench.defaults;

import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizerBuilder;
import java.util.Map;
import java.util.TreeMap;

/**
 * An optimiser of this library, with its defaults but for what is given.
 *
 * @param text how it was named
 * @param name as {@link Optimizers} knows it
 * @param hyperparameters those that are given
 */
public record Contender(String text, String name, Map<String, Double> hyperparameters) {

  /**
   * Reads a name with hyperparameters, such as {@code sgd_rms_relative:lr=2e-3:kappa=1}.
   *
   * @param text the name, and what differs from its defaults
   * @return the optimiser
   * @throws IllegalArgumentException if there is no such optimiser or hyperparameter, or if a value
   *     is no number or out of range
   */
  public static Contender of(String text) {
    String[] parts = text.split(":", -1);
    Map<String, Double> values = new TreeMap<>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 2);
      if (pair.length < 2) {
        throw new IllegalArgumentException(
            "'%s' should be NAME:KEY=VALUE, but '%s' has no =".formatted(text, parts[i]));
      }
      try {
        values.put(pair[0], Double.valueOf(pair[1]));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "'%s': %s must be a number, but is '%s'".formatted(text, pair[0], pair[1]), e);
      }
    }
    Contender contender = new Contender(text, parts[0], Map.copyOf(values));
    contender.builder(); // Refuses names and ranges.
    return contender;
  }

  StepOptimizerBuilder<?> builder() {
    return Optimizers.builder(name, hyperparameters);
  }
}
