package dev.pullback.train.generate;

import dev.pullback.train.InputException;
import java.util.List;

/**
 * What is to be generated.
 *
 * @param tokens how many tokens at most, at least 0
 * @param sampling how they are chosen
 * @param stops strings before which a text ends, none empty
 */
public record Generation(int tokens, Sampling sampling, List<String> stops) {

  /**
   * Checks the values.
   *
   * @throws InputException if a value is out of range
   */
  public Generation {
    InputException.atLeast("tokens", tokens, 0);
    stops = List.copyOf(stops);
    if (stops.contains("")) {
      throw new InputException("a stop string is empty; give at least one character");
    }
  }
}
