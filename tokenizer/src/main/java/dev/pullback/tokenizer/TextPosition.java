package dev.pullback.tokenizer;

/**
 * A place in a text, counted in code points.
 *
 * @param offset the number of code points before the place, from 0
 * @param line the line, from 1; lines end with a line feed
 * @param column the column in the line, from 1
 */
record TextPosition(int offset, int line, int column) {

  /** Returns the position of the code point that starts at an index. */
  static TextPosition of(CharSequence text, int index) {
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < index; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return new TextPosition(
        Character.codePointCount(text, 0, index),
        line,
        Character.codePointCount(text, lineStart, index) + 1);
  }

  @Override
  public String toString() {
    return "position %d (line %d, column %d)".formatted(offset, line, column);
  }
}
