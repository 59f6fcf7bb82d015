package dev.pullback.tokenizer;

/**
 * Cuts a text into the pieces that no token crosses. A piece depends on what follows, never on what
 * came before.
 */
@FunctionalInterface
interface Splitter {

  /** What follows may change the piece. */
  int UNDECIDED = -1;

  /** Makes one piece of each text. */
  Splitter WHOLE = (text, from, to, atEnd) -> atEnd ? to : UNDECIDED;

  /**
   * Returns where the piece ends that starts at {@code from}.
   *
   * @param text holds the text
   * @param from the start of the piece
   * @param to the end of what is known of the text, greater than {@code from}; not within a pair of
   *     surrogates
   * @param atEnd whether the text ends there
   * @return the end in ({@code from}, {@code to}]; or {@link #UNDECIDED}, unless {@code atEnd}
   */
  int next(char[] text, int from, int to, boolean atEnd);
}
