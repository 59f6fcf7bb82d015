package dev.pullback.train.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.function.Consumer;

/**
 * What one reading of a text tells of it.
 *
 * @param codePoints its length in characters
 * @param bytes its length as UTF-8
 * @param sha256 of its UTF-8 bytes, 64 lower-case hexadecimal digits
 * @param characters every character that occurs, once
 */
public record TextSummary(long codePoints, long bytes, String sha256, String characters) {

  /**
   * Reads a text.
   *
   * @param text where it is
   * @return its summary
   * @throws dev.pullback.train.InputException if it cannot be read
   */
  public static TextSummary of(TextSource text) {
    Counter counter = new Counter();
    text.read(counter);
    return counter.summary();
  }

  private static final class Counter implements Consumer<String> {

    private final MessageDigest digest = Sha256.newDigest();
    private final BitSet seen = new BitSet();
    private long codePoints;
    private long bytes;

    @Override
    public void accept(String part) {
      byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
      digest.update(utf8);
      bytes += utf8.length;
      codePoints += part.codePointCount(0, part.length());
      addCharacters(part, seen);
    }

    TextSummary summary() {
      return new TextSummary(
          codePoints, bytes, HexFormat.of().formatHex(digest.digest()), characters(seen));
    }
  }

  /**
   * Notes which characters occur.
   *
   * @param part of a text
   * @param seen takes their code points
   */
  public static void addCharacters(String part, BitSet seen) {
    int codePoint;
    for (int i = 0; i < part.length(); i += Character.charCount(codePoint)) {
      codePoint = part.codePointAt(i);
      if (!seen.get(codePoint)) {
        seen.set(codePoint);
      }
    }
  }

  /**
   * Returns noted characters.
   *
   * @param seen their code points
   * @return each once, in ascending order
   */
  public static String characters(BitSet seen) {
    StringBuilder text = new StringBuilder();
    seen.stream().forEach(text::appendCodePoint);
    return text.toString();
  }
}
