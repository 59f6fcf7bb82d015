package dev.pullback.tokenizer;

import java.io.Serializable;

/**
 * A place in a text, counted in code points; a part of exceptions, which are serializable.
 *
 * @param offset the number of code points before the place, from 0
 * @param line the line, from 1; lines end with a line feed
 * @param column the column in the line, from 1
 */
record TextPosition(long offset, long line, long column) implements Serializable {

  static final TextPosition START = new TextPosition(0, 1, 1);

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

  /** Returns the position, counted from here, as one counted from where this is counted from. */
  TextPosition plus(TextPosition next) {
    return new TextPosition(
        offset + next.offset,
        line + next.line - 1,
        next.line == 1 ? column + next.column - 1 : next.column);
  }

  @Override
  public String toString() {
    return "position %d (line %d, column %d)".formatted(offset, line, column);
  }
}
