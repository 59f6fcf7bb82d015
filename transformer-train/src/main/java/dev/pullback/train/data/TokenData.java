package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.util.Arrays;

/**
 * What a language model is trained on and measured with.
 *
 * @param train the training tokens
 * @param validation the tokens to validate with
 * @param validationBytes UTF-8 bytes of the text that the validation tokens stand for; 0 where
 *     nobody knows
 */
public record TokenData(TokenStream train, TokenStream validation, long validationBytes) {

  /**
   * Splits tokens: the first nine tenths train, the rest validates.
   *
   * @param tokens all tokens
   * @param context the context length that the training part must be longer than
   * @return the two parts
   * @throws InputException if there are too few for one context
   */
  public static TokenData split(int[] tokens, int context) {
    int boundary = Math.toIntExact(trainingPart(tokens.length));
    return new TokenData(
            TokenStream.of(Arrays.copyOfRange(tokens, 0, boundary)),
            TokenStream.of(Arrays.copyOfRange(tokens, boundary, tokens.length)),
            0)
        .longerThan(context);
  }

  /**
   * Returns how much of a text trains.
   *
   * @param length characters or tokens
   * @return nine tenths of them, rounded down
   */
  public static long trainingPart(long length) {
    return length / 10 * 9 + length % 10 * 9 / 10;
  }

  /**
   * Makes sure that there is a window to train on and something to validate with.
   *
   * @param context the context length that the training part must be longer than
   * @return this
   * @throws InputException if the parts are too short
   */
  public TokenData longerThan(int context) {
    if (train.length() <= context || validation.length() < 2) {
      throw new InputException(
          ("the text of %d tokens is too short: its training part of %d must be longer than the"
                  + " context of %d, and 2 must be left to validate; use a longer text or a smaller"
                  + " --context")
              .formatted(train.length() + validation.length(), train.length(), context));
    }
    return this;
  }
}
