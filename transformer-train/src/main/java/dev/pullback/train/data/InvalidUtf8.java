package dev.pullback.train.data;

import java.nio.charset.CodingErrorAction;

/** What is done with bytes that are not UTF-8. */
public enum InvalidUtf8 {
  /** The text is refused, with the place of the first of them. */
  REFUSE,
  /** Each malformed sequence becomes the replacement character U+FFFD. */
  REPLACE;

  /**
   * Returns what a decoder or an encoder is to do.
   *
   * @return the action for malformed input and unmappable characters
   */
  public CodingErrorAction action() {
    return this == REPLACE ? CodingErrorAction.REPLACE : CodingErrorAction.REPORT;
  }
}
