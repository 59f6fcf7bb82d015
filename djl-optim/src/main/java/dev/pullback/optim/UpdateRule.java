package dev.pullback.optim;

import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.Set;

/**
 * One optimisation algorithm: tensors in, tensors updated. A rule holds its hyperparameters and
 * nothing else; all that changes lives in the arrays and scalars it is given. Learning-rate
 * schedules, weight decay, clipping and DJL's calling order are the {@link StepOptimizer}'s.
 *
 * <p>Arrays that a rule creates are closed after the step.
 */
public interface UpdateRule {

  /**
   * Returns the name under which {@link Optimizers} knows the rule.
   *
   * @return the name, for example {@code adamw}
   */
  String name();

  /**
   * Returns the hyperparameters, by the names that users know. They are stored with the state,
   * which only a rule with the same ones loads. A value is compared by its text; what has none that
   * lasts, such as a function, is left out.
   *
   * @return values by name
   */
  Map<String, Object> hyperparameters();

  /**
   * Names the state that a parameter needs. Each array starts at zero and has the parameter's data
   * type.
   *
   * @param parameter the parameter
   * @return shapes by name, in a fixed order
   */
  Map<String, Shape> stateShapes(ParameterInfo parameter);

  /**
   * Names the numbers that the rule keeps for the model as a whole.
   *
   * @return the names
   */
  default Set<String> scalarNames() {
    return Set.of();
  }

  /**
   * Tells whether decoupled weight decay applies to a parameter at all, whatever the user's mask.
   *
   * @param parameter the parameter
   * @return whether its weight may decay
   */
  default boolean decays(ParameterInfo parameter) {
    return true;
  }

  /**
   * Looks at the whole model and decides what the step will do, without changing weights, state or
   * gradients.
   *
   * @param context the step
   * @return what is left to carry out
   * @throws ai.djl.TrainingDivergedException if a value makes the step unusable
   */
  PreparedStep prepare(StepContext context);
}
