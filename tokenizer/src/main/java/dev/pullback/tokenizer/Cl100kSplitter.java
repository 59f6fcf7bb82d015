package dev.pullback.tokenizer;

/** {@link SplitPattern#CL100K} and {@link SplitPattern#QWEN2} without the regular expression. */
final class Cl100kSplitter implements Splitter {

  private final int mostNumbers;

  /**
   * Makes a splitter.
   *
   * @param mostNumbers how many numbers one piece has, at most
   */
  Cl100kSplitter(int mostNumbers) {
    this.mostNumbers = mostNumbers;
  }

  @Override
  public int next(char[] text, int from, int to, boolean atEnd) {
    int end = end(text, from, to, atEnd);
    return end == to && !atEnd ? UNDECIDED : end;
  }

  private int end(char[] text, int from, int to, boolean atEnd) {
    char first = text[from];
    if (first == '\'') {
      if (!atEnd && to - from < 3) {
        return UNDECIDED;
      }
      int length = contraction(text, from, to);
      if (length > 0) {
        return from + length;
      }
    }
    int kind = CharClass.at(text, from, to);
    int second = from + CharClass.width(text, from, to);
    if (kind == CharClass.LETTER) {
      return CharClass.runEnd(text, second, to, kind);
    }
    if (kind == CharClass.NUMBER) {
      return numbers(text, second, to);
    }
    if (second == to) {
      return to;
    }
    int next = CharClass.at(text, second, to);
    if (next == CharClass.LETTER && !isNewline(first)) {
      return CharClass.runEnd(text, second, to, next);
    }
    if (kind == CharClass.OTHER || (first == ' ' && next == CharClass.OTHER)) {
      int end = CharClass.runEnd(text, second, to, CharClass.OTHER);
      while (end < to && isNewline(text[end])) {
        end++;
      }
      return end;
    }
    return spaces(text, from, to, atEnd);
  }

  private int numbers(char[] text, int second, int to) {
    int end = second;
    for (int i = 1; i < mostNumbers && end < to; i++) {
      if (CharClass.at(text, end, to) != CharClass.NUMBER) {
        break;
      }
      end += CharClass.width(text, end, to);
    }
    return end;
  }

  private static int spaces(char[] text, int from, int to, boolean atEnd) {
    int end = from;
    int afterNewline = from;
    while (end < to && CharClass.isSpace(text[end])) {
      if (isNewline(text[end++])) {
        afterNewline = end;
      }
    }
    if (end == to && !atEnd) {
      return UNDECIDED;
    }
    if (afterNewline > from) {
      return afterNewline;
    }
    // The last space of a run belongs to what follows: \s+(?!\S)
    return end < to && end - from > 1 ? end - 1 : end;
  }

  private static boolean isNewline(char c) {
    return c == '\n' || c == '\r';
  }

  private static int contraction(char[] text, int from, int to) {
    if (from + 1 == to) {
      return 0;
    }
    char next = lower(text[from + 1]);
    char last = from + 2 < to ? lower(text[from + 2]) : 0;
    return switch (next) {
      case 's', 't', 'm', 'd' -> 2;
      case 'r', 'v' -> last == 'e' ? 3 : 0;
      case 'l' -> last == 'l' ? 3 : 0;
      default -> 0;
    };
  }

  /** Folds case as far as contractions need it; the long s is an s. */
  private static char lower(char c) {
    return c == '\u017f' ? 's' : c >= 'A' && c <= 'Z' ? (char) (c + 'a' - 'A') : c;
  }
}
