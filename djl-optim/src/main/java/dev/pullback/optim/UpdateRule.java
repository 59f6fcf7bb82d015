package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One optimisation algorithm: gradients in, directions out. A rule holds its hyperparameters and
 * nothing else; all that changes lives in the arrays and numbers it is given. It never touches a
 * weight: the induced metric, weight decay, the learning rate and the averaging of weights are the
 * {@link StepOptimizer}'s, which moves along the negative direction.
 *
 * <p>Arrays that a rule creates are closed after the step.
 *
 * @see Rules
 */
public interface UpdateRule {

  /**
   * Returns what the rule is called in messages and in files of its state.
   *
   * @return the name, for example {@code lion}
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
   * @return shapes by name, in a fixed order; no name is {@code updates}, {@code weight} or {@code
   *     lastRate}
   */
  Map<String, Shape> stateShapes(ParameterInfo parameter);

  /**
   * Computes the direction of one parameter. Changes neither weight nor state nor gradient. It may
   * be called more than once in a step.
   *
   * @param parameter the parameter
   * @return the direction
   * @throws ai.djl.TrainingDivergedException if a value makes the step unusable
   */
  Direction direction(ParameterStep parameter);

  /**
   * Tells whether a step must prepare the directions of all parameters before it changes anything,
   * because preparing may fail or is too expensive to be repeated.
   *
   * @return whether directions are kept while the step is prepared
   */
  default boolean preparesAll() {
    return false;
  }

  /**
   * Tells whether the engine must decompose matrices, which DJL's MXNet engine cannot.
   *
   * @return whether eigendecompositions are needed
   */
  default boolean needsDecompositions() {
    return false;
  }

  /** Where one parameter is to go in one step, but for the sign. */
  interface Direction {

    /**
     * Computes the direction, of the parameter's shape.
     *
     * @return an array that the caller may change, unless it is the gradient or a state array
     */
    NDArray value();

    /**
     * Tells whether the weight takes part in this step. One that does not, because the rule only
     * looks at its first gradient, does not decay either.
     *
     * @return true unless the weight stays where it is
     */
    default boolean moves() {
      return true;
    }

    /** Writes what was learnt from this step's gradient into the state. Called after value(). */
    void commit();
  }

  /** Checks that no two of the names are the same. */
  static Map<String, Shape> requireDistinct(String what, List<Map<String, Shape>> states) {
    Map<String, Shape> all = new LinkedHashMap<>();
    for (Map<String, Shape> state : states) {
      state.forEach(
          (name, shape) -> {
            if (all.put(name, shape) != null) {
              throw new IllegalStateException(
                  "%s names a state %s, which the optimiser has already; choose another name"
                      .formatted(what, name));
            }
          });
    }
    return all;
  }
}
