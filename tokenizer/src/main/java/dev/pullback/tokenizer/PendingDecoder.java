package dev.pullback.tokenizer;

import java.util.Arrays;

/** Holds ids back while the last of them ends within a character, as their text shows. */
final class PendingDecoder implements StreamingDecoder {

  /** A character has at most four bytes, and an id at least one. */
  private static final int MOST = 4;

  private static final String INCOMPLETE = "\uFFFD";

  private final TextTokenizer tokenizer;
  private int[] held = {};

  PendingDecoder(TextTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String write(int id) {
    held = Arrays.copyOf(held, held.length + 1);
    held[held.length - 1] = id;
    return held.length == MOST || !tokenizer.decode(held).endsWith(INCOMPLETE) ? end() : "";
  }

  @Override
  public String end() {
    String text = tokenizer.decode(held);
    held = new int[0];
    return text;
  }
}
