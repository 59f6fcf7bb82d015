package dev.pullback.tokenizer;

import java.util.Arrays;

/**
 * Holds ids back while the last of them ends within a character, as their text shows. What an id
 * adds is seen beside the ids before it, since some tokenizers drop the space that a text begins
 * with.
 */
final class PendingDecoder implements StreamingDecoder {

  /** A character has at most four bytes, and an id at least one. */
  private static final int MOST = 4;

  private static final String INCOMPLETE = "\uFFFD";

  private final TextTokenizer tokenizer;

  /** Those that were given last, then those that are held back. */
  private int[] ids = {};

  private int given;

  PendingDecoder(TextTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String write(int id) {
    ids = Arrays.copyOf(ids, ids.length + 1);
    ids[ids.length - 1] = id;
    String text = heldBack();
    if (text.endsWith(INCOMPLETE) && ids.length - given < MOST) {
      return "";
    }
    ids = Arrays.copyOfRange(ids, given, ids.length);
    given = ids.length;
    return text;
  }

  @Override
  public String end() {
    String text = heldBack();
    ids = new int[0];
    given = 0;
    return text;
  }

  private String heldBack() {
    String before = tokenizer.decode(Arrays.copyOf(ids, given));
    String all = tokenizer.decode(ids);
    return all.startsWith(before)
        ? all.substring(before.length())
        : tokenizer.decode(Arrays.copyOfRange(ids, given, ids.length));
  }
}
