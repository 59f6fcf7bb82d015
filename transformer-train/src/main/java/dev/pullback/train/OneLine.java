package dev.pullback.train;

/** Makes text that a file may have written fit for a message on a terminal. */
public final class OneLine {

  /** Longer than any message that this program words itself. */
  private static final int LONGEST = 2000;

  private OneLine() {}

  /**
   * Returns a text without line ends, control characters and what is no character, cut off where it
   * is too long to be read.
   *
   * @param text any text
   * @return one line
   */
  public static String of(String text) {
    String cut = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    return cut.replaceAll("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]+", " ");
  }
}
