package dev.pullback.train.generate;

import dev.pullback.train.InputException;

/**
 * How the next token is chosen from the model's probabilities.
 *
 * @param temperature at least 0 and finite; 0 always takes the most probable token
 * @param topK how many of the most probable tokens are considered, at least 1; 0 for all
 * @param seed where the choices come from
 */
public record Sampling(double temperature, int topK, long seed) {

  /**
   * Checks the ranges.
   *
   * @throws InputException if a value is out of range
   */
  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new InputException("temperature must be at least 0 and finite, but is " + temperature);
    }
    InputException.atLeast("top-k", topK, 0);
  }
}
