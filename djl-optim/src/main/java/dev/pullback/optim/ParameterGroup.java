package dev.pullback.optim;

import java.util.Objects;
import java.util.function.Predicate;

/**
 * Parameters that share a rule, a factor of the learning rate, and a factor of the weight decay. A
 * parameter belongs to the first group that takes it. The trace of an induced metric sums over all
 * groups.
 *
 * @param name for messages, such as {@code matrices}
 * @param members which parameters it takes, by path and shape
 * @param rule what computes their directions
 * @param rateFactor what the learning rate is multiplied by, at least 0
 * @param decayFactor what the weight decay is multiplied by, at least 0
 */
public record ParameterGroup(
    String name,
    Predicate<ParameterInfo> members,
    UpdateRule rule,
    double rateFactor,
    double decayFactor) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a factor is negative or not finite
   */
  public ParameterGroup {
    Objects.requireNonNull(name);
    Objects.requireNonNull(members);
    Objects.requireNonNull(rule);
    Checks.nonNegative("the learning-rate factor of the group " + name, rateFactor);
    Checks.nonNegative("the weight-decay factor of the group " + name, decayFactor);
  }

  /**
   * Returns a group with the optimiser's own learning rate and weight decay.
   *
   * @param name for messages
   * @param members which parameters it takes
   * @param rule what computes their directions
   * @return the group
   */
  public static ParameterGroup of(String name, Predicate<ParameterInfo> members, UpdateRule rule) {
    return new ParameterGroup(name, members, rule, 1, 1);
  }

  /**
   * Returns a group of all parameters that no earlier group has taken.
   *
   * @param rule what computes their directions
   * @return the group
   */
  public static ParameterGroup rest(UpdateRule rule) {
    return of("rest", parameter -> true, rule);
  }

  /**
   * Multiplies the learning rate.
   *
   * @param factor at least 0
   * @return this group with it
   */
  public ParameterGroup withRateFactor(double factor) {
    return new ParameterGroup(name, members, rule, factor, decayFactor);
  }

  /**
   * Multiplies the weight decay; 0 turns it off.
   *
   * @param factor at least 0
   * @return this group with it
   */
  public ParameterGroup withDecayFactor(double factor) {
    return new ParameterGroup(name, members, rule, rateFactor, factor);
  }
}
