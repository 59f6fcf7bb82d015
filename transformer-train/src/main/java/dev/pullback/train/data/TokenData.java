package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.util.Arrays;

/** A token stream in two parts: the first nine tenths train, the rest validates. */
public final class TokenData {

  private final int[] train;
  private final int[] validation;

  private TokenData(int[] train, int[] validation) {
    this.train = train;
    this.validation = validation;
  }

  /**
   * Splits a stream.
   *
   * @param tokens all tokens
   * @param context the context length that the training part must be longer than
   * @return the two parts
   * @throws InputException if the text is too short for one context
   */
  public static TokenData split(int[] tokens, int context) {
    int boundary = (int) (tokens.length * 9L / 10);
    if (boundary <= context || tokens.length - boundary < 2) {
      throw new InputException(
          ("the text of %d tokens is too short: its training part of %d must be longer than the"
                  + " context of %d, and 2 must be left to validate; use a longer text or a smaller"
                  + " --context")
              .formatted(tokens.length, boundary, context));
    }
    return new TokenData(
        Arrays.copyOfRange(tokens, 0, boundary),
        Arrays.copyOfRange(tokens, boundary, tokens.length));
  }

  /**
   * Returns the training tokens.
   *
   * @return the live array, not to be changed
   */
  public int[] train() {
    return train;
  }

  /**
   * Returns the validation tokens.
   *
   * @return the live array, not to be changed
   */
  public int[] validation() {
    return validation;
  }
}
