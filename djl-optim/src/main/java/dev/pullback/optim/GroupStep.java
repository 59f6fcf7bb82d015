package dev.pullback.optim;

import java.util.List;
import java.util.function.Predicate;

/**
 * A group of parameters in one step.
 *
 * @param rule what computes their directions
 * @param rate the learning rate of the group
 * @param decay the part of a weight that decays, where it does
 * @param mask which parameters decay
 * @param parameters the group's parameters in block order; there may be none
 */
record GroupStep(
    UpdateRule rule,
    double rate,
    double decay,
    Predicate<ParameterInfo> mask,
    List<ParameterStep> parameters) {

  boolean decays(ParameterStep parameter) {
    return decay != 0 && mask.test(parameter.info());
  }
}
