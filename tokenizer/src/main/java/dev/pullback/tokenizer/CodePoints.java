package dev.pullback.tokenizer;

import java.util.Locale;
import java.util.OptionalInt;

/** Reads and describes Unicode code points. */
final class CodePoints {

  private CodePoints() {}

  /**
   * Returns the code point that starts at an index.
   *
   * @throws IllegalArgumentException if an unpaired surrogate stands there
   */
  static int at(CharSequence text, int index) {
    int codePoint = Character.codePointAt(text, index);
    if (isSurrogate(codePoint)) {
      throw new IllegalArgumentException(
          "unpaired surrogate %s at %s: the text is not valid Unicode"
              .formatted(describe(codePoint), TextPosition.of(text, index)));
    }
    return codePoint;
  }

  /** Returns the code point of a text that is exactly one, or empty. */
  static OptionalInt single(String text) {
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    int codePoint = text.codePointAt(0);
    return text.length() == Character.charCount(codePoint) && !isSurrogate(codePoint)
        ? OptionalInt.of(codePoint)
        : OptionalInt.empty();
  }

  /** Returns {@code 'x' (U+0078)}, or {@code U+000A} alone if the character is hard to see. */
  static String describe(int codePoint) {
    String number = String.format(Locale.ROOT, "U+%04X", codePoint);
    return isVisible(codePoint)
        ? "'%s' (%s)".formatted(Character.toString(codePoint), number)
        : number;
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
