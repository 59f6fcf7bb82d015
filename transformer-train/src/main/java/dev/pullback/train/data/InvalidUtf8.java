package dev.pullback.train.data;

/** What is done with bytes that are not UTF-8. */
public enum InvalidUtf8 {
  /** The text is refused, with the place of the first of them. */
  REFUSE,
  /** Each malformed sequence becomes the replacement character U+FFFD. */
  REPLACE
}
