package dev.pullback.tokenizer;

import java.nio.CharBuffer;
import java.text.Normalizer;
import java.util.Arrays;

/**
 * Puts stretches into Unicode's normalization form C, segment by segment: a character that never
 * joins what is before it, and those after it that may. What is held back is the last segment.
 * Positions that are handed on are those of the normalized text.
 */
final class NfcStage implements TextStage {

  /** Characters below are in form C, and begin a segment. */
  private static final int FIRST_OF_MARKS = 0x300;

  private final TextStage next;
  private final OffsetMap map;

  /** What waits. */
  private char[] buffer = new char[64];

  private int length;

  /** The position of {@code buffer[0]} in the text as it came. */
  private long origin;

  /** No segment begins before, but at 0. */
  private int searched;

  /** By how much the normalized text is longer so far. */
  private long shift;

  /**
   * Makes a stage.
   *
   * @param next takes the normalized text
   * @param map is told of what changes; null if nobody asks
   */
  NfcStage(TextStage next, OffsetMap map) {
    this.next = next;
    this.map = map;
  }

  /**
   * Tells whether form C of a text is that of what is before a code point, followed by that of the
   * rest. Not so for marks, the second and third parts of Hangul syllables, and vowel signs of
   * Kirat Rai, which are letters.
   */
  static boolean startsSegment(int codePoint) {
    if (codePoint < FIRST_OF_MARKS) {
      return true;
    }
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          false;
      default ->
          (codePoint < 0x1160 || codePoint > 0x11ff)
              && (codePoint < 0x16d63 || codePoint > 0x16d6a);
    };
  }

  @Override
  public void write(char[] text, int from, int to, long position) {
    if (length == 0) {
      origin = position;
    }
    if (to - from > buffer.length - length) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(length, to - from), 2 * buffer.length));
    }
    System.arraycopy(text, from, buffer, length, to - from);
    length += to - from;
    int limit = length;
    if (limit > 0 && Character.isHighSurrogate(buffer[limit - 1])) {
      limit--;
    }
    int segment = limit;
    while (segment > searched) {
      int codePoint = Character.codePointBefore(buffer, segment, searched);
      segment -= Character.charCount(codePoint);
      if (startsSegment(codePoint)) {
        hand(segment);
        limit -= segment;
        break;
      }
    }
    searched = limit;
  }

  /** Hands on whole segments. */
  private void hand(int to) {
    if (isNormalized(to)) {
      pass(0, to);
    } else {
      int unchanged = 0;
      int end;
      for (int begin = 0; begin < to; begin = end) {
        end = segmentEnd(begin, to);
        String segment = new String(buffer, begin, end - begin);
        String normal = Normalizer.normalize(segment, Normalizer.Form.NFC);
        if (!normal.equals(segment)) {
          pass(unchanged, begin);
          replace(begin, end, normal.toCharArray());
          unchanged = end;
        }
      }
      pass(unchanged, to);
    }
    System.arraycopy(buffer, to, buffer, 0, length - to);
    length -= to;
    origin += to;
  }

  private boolean isNormalized(int to) {
    boolean simple = true;
    for (int i = 0; i < to; i++) {
      char c = buffer[i];
      simple &= c < FIRST_OF_MARKS;
      if (Character.isSurrogate(c)) {
        if (CharClass.width(buffer, i, to) == 1) {
          throw new UnpairedSurrogateException(c, origin + i);
        }
        i++;
      }
    }
    return simple || Normalizer.isNormalized(CharBuffer.wrap(buffer, 0, to), Normalizer.Form.NFC);
  }

  private int segmentEnd(int begin, int to) {
    int end = begin + CharClass.width(buffer, begin, to);
    while (end < to && !startsSegment(Character.codePointAt(buffer, end, to))) {
      end += CharClass.width(buffer, end, to);
    }
    return end;
  }

  private void pass(int from, int to) {
    if (to > from) {
      next.write(buffer, from, to, origin + from + shift);
    }
  }

  private void replace(int from, int to, char[] normal) {
    long begin = origin + from;
    if (map != null) {
      map.add(begin + shift, begin + shift + normal.length, begin, origin + to);
    }
    next.write(normal, 0, normal.length, begin + shift);
    shift += normal.length - (to - from);
  }

  @Override
  public void token(int id, long begin, long end) {
    hand(length);
    searched = 0;
    next.token(id, begin + shift, end + shift);
  }

  @Override
  public void end() {
    hand(length);
    searched = 0;
    shift = 0;
    next.end();
  }
}
