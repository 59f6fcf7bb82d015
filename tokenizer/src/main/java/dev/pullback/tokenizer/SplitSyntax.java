package dev.pullback.tokenizer;

import java.util.Set;

/** Refuses in split patterns what regular expression engines do not agree on. */
final class SplitSyntax {

  private static final int LONGEST = 10_000;

  /** Escaped letters that mean the same everywhere. */
  private static final String ESCAPES = "sSdDwWrntf";

  private static final Set<String> CATEGORIES =
      Set.of(
          "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P",
          "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl",
          "Zp", "C", "Cc", "Cf", "Co");

  private final String regex;
  private int at;

  private SplitSyntax(String regex) {
    this.regex = regex;
  }

  /**
   * Checks a pattern for constructs; errors in them are left to the compiler.
   *
   * @throws IllegalArgumentException naming the first construct that is not accepted
   */
  static void check(String regex) {
    if (regex.length() > LONGEST) {
      throw new IllegalArgumentException(
          "split pattern has %d characters, at most %d are accepted"
              .formatted(regex.length(), LONGEST));
    }
    new SplitSyntax(regex).check();
  }

  private void check() {
    while (at < regex.length()) {
      char c = regex.charAt(at);
      switch (c) {
        case '\\' -> escape();
        case '[' -> characterClass();
        case '(' -> group();
        case '^', '$', '.' -> throw refused(1);
        case '}' -> {
          at++;
          // Possessive in Java, a second quantifier in Oniguruma.
          if (regex.startsWith("+", at)) {
            throw refused(1);
          }
        }
        default -> at++;
      }
    }
  }

  private void escape() {
    char c = at + 1 < regex.length() ? regex.charAt(at + 1) : 0;
    if (c == 'p' || c == 'P') {
      int end = regex.indexOf('}', at);
      if (!regex.startsWith("{", at + 2)
          || end < 0
          || !CATEGORIES.contains(regex.substring(at + 3, end))) {
        throw refused(end < 0 ? 3 : end + 1 - at);
      }
      at = end + 1;
    } else if ((c > ' ' && c < 0x7f && !Character.isLetterOrDigit(c)) || ESCAPES.indexOf(c) >= 0) {
      at += 2;
    } else {
      throw refused(2);
    }
  }

  private void characterClass() {
    at += regex.startsWith("[^", at) ? 2 : 1;
    if (regex.startsWith("]", at)) {
      throw refused(1);
    }
    while (at < regex.length() && regex.charAt(at) != ']') {
      if (regex.charAt(at) == '[' || regex.startsWith("&&", at)) {
        throw refused(regex.charAt(at) == '[' ? 1 : 2);
      }
      if (regex.charAt(at) == '\\') {
        escape();
      } else {
        at++;
      }
    }
    at++;
  }

  private void group() {
    for (String start : new String[] {"(?:", "(?i:", "(?=", "(?!"}) {
      if (regex.startsWith(start, at)) {
        at += start.length();
        return;
      }
    }
    throw refused(regex.startsWith("(?", at) ? 4 : 1);
  }

  private IllegalArgumentException refused(int length) {
    int end = Math.min(regex.length(), at + length);
    return new IllegalArgumentException(
        "split pattern %s: %s at index %d is not supported; see SplitPattern for what is"
            .formatted(
                TokenizerFile.quoted(regex), TokenizerFile.quoted(regex.substring(at, end)), at));
  }
}
