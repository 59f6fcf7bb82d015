package dev.pullback.train.model;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;

/** A block without children that names its parameters as files of weights do. */
public abstract class NamedParameterBlock extends AbstractBlock {

  /** Adds a parameter; running statistics are not trained. */
  final void add(String name, Parameter.Type type, Initializer initializer, long... shape) {
    addParameter(
        Parameter.builder()
            .setName(name)
            .setType(type)
            .optShape(new Shape(shape))
            .optInitializer(initializer)
            .optRequiresGrad(
                type != Parameter.Type.RUNNING_MEAN && type != Parameter.Type.RUNNING_VAR)
            .build());
  }

  /**
   * Returns the number of trainable weights.
   *
   * @return the elements of all parameters except running statistics
   */
  public final long parameterCount() {
    return parameters.values().stream()
        .filter(Parameter::requiresGradient)
        .mapToLong(p -> p.getShape().size())
        .sum();
  }

  /**
   * Estimates the floating-point operations of training on one example: two for each multiplication
   * with its addition, forward and twice backward.
   *
   * @return the operations; 0 where nobody counted
   */
  public double flopsPerExample() {
    return 0;
  }
}
