package dev.pullback.train.scaling;

import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.hipparchus.util.FastMath;

/** Tokens a weight. */
public final class TokenRatio {

  /** Logarithms that differ by less are the same ratio: budgets are of whole steps. */
  private static final double SAME = 0.05;

  private TokenRatio() {}

  /**
   * Divides.
   *
   * @param tokens null where they are not known
   * @param parameters weights, null where they are not known
   * @return tokens a weight; 1 where they are not known, as what is not known is all alike
   */
  public static double of(Number tokens, Number parameters) {
    return tokens == null || parameters == null
        ? 1
        : tokens.doubleValue() / parameters.doubleValue();
  }

  /**
   * Compares.
   *
   * @param a tokens a weight, greater than 0
   * @param b likewise
   * @return whether they are the same, but for rounding
   */
  public static boolean areSame(double a, double b) {
    return FastMath.abs(FastMath.log(a / b)) < SAME;
  }

  /**
   * Returns those that have the ratio that most of them have, of several such ratios the first.
   *
   * @param items what has a ratio
   * @param ratio tokens a weight of an item
   * @return a part of the items, in their order
   * @param <T> what they are
   */
  public static <T> List<T> mostCommon(Collection<T> items, ToDoubleFunction<T> ratio) {
    return items.stream()
        .map(
            one ->
                items.stream()
                    .filter(other -> areSame(ratio.applyAsDouble(one), ratio.applyAsDouble(other)))
                    .toList())
        .reduce((a, b) -> b.size() > a.size() ? b : a)
        .orElse(List.of());
  }
}
