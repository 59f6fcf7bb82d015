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
 * @param defaults its own hyperparameters and their defaults
 * @param builder starts it with a value for each of them
 */
public record OptimizerSpec(
    String name,
    double learningRate,
    Map<String, Double> defaults,
    Function<Map<String, Double>, StepOptimizerBuilder<?>> builder) {

  /**
   * Starts the optimiser, with defaults where no value is given.
   *
   * @param values hyperparameters by name, {@code lr} and {@code weight_decay} included
   * @return a builder for schedules, masks and clipping
   * @throws IllegalArgumentException if a name is unknown or a value out of range
   */
  public StepOptimizerBuilder<?> builder(Map<String, Double> values) {
    Map<String, Double> all = new HashMap<>(defaults);
    all.put("lr", learningRate);
    all.put("weight_decay", 0.0);
    for (Map.Entry<String, Double> entry : values.entrySet()) {
      if (all.put(entry.getKey(), entry.getValue()) == null) {
        throw new IllegalArgumentException(
            "%s has no hyperparameter %s; it has lr, weight_decay, %s"
                .formatted(
                    name, entry.getKey(), String.join(", ", new TreeSet<>(defaults.keySet()))));
      }
    }
    StepOptimizerBuilder<?> started = builder.apply(all);
    started.optLearningRate(all.get("lr"));
    started.optWeightDecay(all.get("weight_decay"));
    return started;
  }
}
