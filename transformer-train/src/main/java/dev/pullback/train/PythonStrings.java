package dev.pullback.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** What Python does with texts, where Java does otherwise. */
public final class PythonStrings {

  private PythonStrings() {}

  /**
   * Tells whether a character is white space to Python.
   *
   * @param c a code point
   * @return what {@code str.isspace} says of it
   */
  public static boolean isSpace(int c) {
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

  /**
   * Takes white space away at both ends.
   *
   * @param text a text
   * @return what {@code str.strip} makes of it
   */
  public static String strip(String text) {
    return strip(text, PythonStrings::isSpace, true, true);
  }

  /**
   * Takes white space away at the end.
   *
   * @param text a text
   * @return what {@code str.rstrip} makes of it
   */
  public static String stripRight(String text) {
    return strip(text, PythonStrings::isSpace, false, true);
  }

  /**
   * Takes characters away at the ends.
   *
   * @param text a text
   * @param away which code points to take away
   * @param left whether at the beginning
   * @param right whether at the end
   * @return the rest
   */
  public static String strip(String text, IntPredicate away, boolean left, boolean right) {
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

  /**
   * Splits at a text.
   *
   * @param text a text
   * @param separator where to split, not empty
   * @param most how many times at most; negative for as often as it occurs
   * @return the parts, at least one
   */
  public static List<Object> split(String text, String separator, long most) {
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

  /**
   * Makes the first character large, all others small.
   *
   * @param text a text
   * @return what {@code str.capitalize} makes of it
   */
  public static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int end = text.offsetByCodePoints(0, 1);
    String first = text.substring(0, end);
    int large = Character.toTitleCase(first.codePointAt(0));
    String title = large == first.codePointAt(0) ? inTitleCase(first) : Character.toString(large);
    return title + text.substring(end).toLowerCase(Locale.ROOT);
  }

  /** Some large characters are several: ß is Ss where a text begins. */
  private static String inTitleCase(String character) {
    String large = character.toUpperCase(Locale.ROOT);
    int end = large.offsetByCodePoints(0, 1);
    return large.substring(0, end) + large.substring(end).toLowerCase(Locale.ROOT);
  }
}
