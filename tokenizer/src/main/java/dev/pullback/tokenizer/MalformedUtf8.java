package dev.pullback.tokenizer;

/** What is done about bytes that are not UTF-8. */
public enum MalformedUtf8 {
  /** They are an error, which names their place. */
  REFUSE,

  /** They become U+FFFD, once per maximal invalid part. */
  REPLACE
}
