package dev.pullback.tokenizer;

/** Takes a text in parts: stretches of characters, and tokens that stand between them. */
interface TextStage {

  /**
   * Takes the next part of a stretch.
   *
   * @param text holds the part, and is not kept
   * @param from the start of the part
   * @param to the end of the part
   * @param position the number of chars before the part in the whole text
   */
  void write(char[] text, int from, int to, long position);

  /**
   * Ends the stretch and takes a token.
   *
   * @param id the id
   * @param begin the number of chars before the token
   * @param end the number of chars up to its end
   */
  void token(int id, long begin, long end);

  /** Ends the stretch and the text. The next part begins another one. */
  void end();
}
