package dev.pullback.tokenizer;

/** The classes of characters that the patterns of byte-pair tokenizers tell apart. */
final class CharClass {

  static final int OTHER = 0;

  /** {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /** {@code \s}: Unicode's White_Space, all of it in the basic plane. */
  static final int SPACE = 3;

  /** A high surrogate, of which the class is not known before the low one. */
  private static final int HALF = 4;

  private static final String SPACES =
      "\t\n\u000b\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
          + "\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

  private static final byte[] BASIC_PLANE = basicPlane();

  private CharClass() {}

  private static byte[] basicPlane() {
    byte[] classes = new byte[Character.MAX_VALUE + 1];
    for (int c = 0; c < classes.length; c++) {
      classes[c] = (byte) (Character.isHighSurrogate((char) c) ? HALF : ofType(c));
    }
    SPACES.chars().forEach(c -> classes[c] = SPACE);
    return classes;
  }

  private static int ofType(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      default -> OTHER;
    };
  }

  static boolean isSpace(char c) {
    return BASIC_PLANE[c] == SPACE;
  }

  /** Returns the class of the code point at an index below {@code to}; half a one is OTHER. */
  static int at(char[] text, int index, int to) {
    int known = BASIC_PLANE[text[index]];
    return known == HALF ? ofPair(text, index, to) : known;
  }

  private static int ofPair(char[] text, int index, int to) {
    return width(text, index, to) == 2 ? ofType(Character.codePointAt(text, index, to)) : OTHER;
  }

  /** Returns how many chars the code point at an index has. */
  static int width(char[] text, int index, int to) {
    boolean pair =
        Character.isHighSurrogate(text[index])
            && index + 1 < to
            && Character.isLowSurrogate(text[index + 1]);
    return pair ? 2 : 1;
  }

  /** Returns the end of the run of one class that starts at an index, which it may be itself. */
  static int runEnd(char[] text, int from, int to, int wanted) {
    int i = from;
    while (i < to) {
      int known = BASIC_PLANE[text[i]];
      if (known == wanted) {
        i++;
      } else if (known == HALF && ofPair(text, i, to) == wanted) {
        i += width(text, i, to);
      } else {
        break;
      }
    }
    return i;
  }

  /** Tells whether a code point is a Unicode word character, {@code \w}. */
  static boolean isWord(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.DECIMAL_DIGIT_NUMBER,
          Character.CONNECTOR_PUNCTUATION ->
          true;
      default -> Character.isAlphabetic(codePoint) || codePoint == 0x200c || codePoint == 0x200d;
    };
  }
}
