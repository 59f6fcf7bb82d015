package dev.pullback.tokenizer;

/** {@link SplitPattern#GPT2} without the regular expression. */
final class Gpt2Splitter implements Splitter {

  @Override
  public int next(char[] text, int from, int to, boolean atEnd) {
    char first = text[from];
    int body = from;
    if (first == '\'') {
      if (!atEnd && to - from < 3) {
        return UNDECIDED;
      }
      int length = contraction(text, from, to);
      if (length > 0) {
        return from + length;
      }
    } else if (first == ' ' && from + 1 < to) {
      body++;
    }
    int kind = CharClass.at(text, body, to);
    int end = CharClass.runEnd(text, body, to, kind);
    if (end == to) {
      return atEnd ? to : UNDECIDED;
    }
    // The last space of a run belongs to what follows: \s+(?!\S)
    return kind == CharClass.SPACE && end - from > 1 ? end - 1 : end;
  }

  private static int contraction(char[] text, int from, int to) {
    if (from + 1 == to) {
      return 0;
    }
    char next = text[from + 1];
    char last = from + 2 < to ? text[from + 2] : 0;
    return switch (next) {
      case 's', 't', 'm', 'd' -> 2;
      case 'r', 'v' -> last == 'e' ? 3 : 0;
      case 'l' -> last == 'l' ? 3 : 0;
      default -> 0;
    };
  }
}
