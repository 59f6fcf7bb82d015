package dev.pullback.tokenizer;

/**
 * Encodes a text that arrives in parts, in memory that does not grow with the text. Wherever the
 * parts are cut, between the two halves of a surrogate pair as well, the ids are those of the whole
 * text.
 *
 * <p>Not safe for use by several threads at once. After an exception an encoder is of no more use.
 */
public interface StreamingEncoder {

  /** Takes the ids of a text one by one, in order. */
  @FunctionalInterface
  interface Sink {

    /**
     * Takes one id.
     *
     * @param id the id, in [0, {@link TextTokenizer#vocabularySize()})
     */
    void accept(int id);
  }

  /**
   * Encodes the next part. What follows may change how its end is encoded, so the ids of the last
   * characters may come with a later call.
   *
   * @param text the next part, possibly empty
   * @throws IllegalArgumentException if the text so far has no encoding in this vocabulary
   */
  void write(CharSequence text);

  /**
   * Encodes what is left. The next part begins another text.
   *
   * @throws IllegalArgumentException if the text has no encoding in this vocabulary
   */
  void end();
}
