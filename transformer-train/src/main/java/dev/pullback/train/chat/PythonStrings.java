package dev.pullback.train.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** What Python does with texts, where Java does otherwise. */
final class PythonStrings {

  private PythonStrings() {}

  /** Tells whether a character is white space to Python. */
  static boolean isSpace(int c) {
    return (c >= 9 && c <= 13)
        || (c >= 28 && c <= 32)
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }

  static String stripRight(String text) {
    return strip(text, PythonStrings::isSpace, false, true);
  }

  /** Takes characters away at the ends. */
  static String strip(String text, IntPredicate away, boolean left, boolean right) {
    int[] points = text.codePoints().toArray();
    int from = 0;
    int to = points.length;
    while (left && from < to && away.test(points[from])) {
      from++;
    }
    while (right && to > from && away.test(points[to - 1])) {
      to--;
    }
    return new String(points, from, to - from);
  }

  /** Splits at a text, at most so many times if that is not negative. */
  static List<Object> split(String text, String separator, long most) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(separator);
        at >= 0 && (most < 0 || parts.size() < most);
        at = text.indexOf(separator, from)) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  /** The first character large, all others small. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int end = text.offsetByCodePoints(0, 1);
    return Character.toString(Character.toTitleCase(text.codePointAt(0)))
        + text.substring(end).toLowerCase(Locale.ROOT);
  }
}
