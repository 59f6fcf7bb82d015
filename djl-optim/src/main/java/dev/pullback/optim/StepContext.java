package dev.pullback.optim;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * What an {@link UpdateRule} knows of the step that it prepares.
 *
 * @param step the number of the step, from 1
 * @param learningRate η ≥ 0 of this step
 * @param loss reads the training loss of this step; it is fetched from the device only when asked
 *     for, and an {@link IllegalStateException} says how to pass it if nobody did
 * @param scalars the numbers that the rule keeps for the model as a whole; empty before the first
 *     step. Read only: new values are returned by {@link PreparedStep#scalars()}
 * @param parameters all trainable parameters in block order
 */
public record StepContext(
    long step,
    double learningRate,
    DoubleSupplier loss,
    Map<String, Double> scalars,
    List<ParameterStep> parameters) {

  /** Returns how often the parameters have been updated; they are equal in native steps. */
  long updates() {
    return parameters.get(0).updates();
  }

  /** Returns the same step with its parameters in another order. */
  StepContext with(List<ParameterStep> ordered) {
    return new StepContext(step, learningRate, loss, scalars, ordered);
  }
}
