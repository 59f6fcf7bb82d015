package dev.pullback.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Reads UTF-8 where it may be malformed. */
public final class Utf8 {

  private Utf8() {}

  /**
   * Decodes a part of a file that begins and ends between characters.
   *
   * @param bytes the part, from its position to its limit
   * @param offset the number of bytes before the part, for messages
   * @param policy what is done about bytes that are not UTF-8
   * @param name the name of the file, for messages
   * @return the text, in an array of its own
   * @throws IOException if a byte is not UTF-8 and the policy refuses that; the message names the
   *     file, the offset of the byte from 0, and the byte
   */
  public static CharBuffer decode(ByteBuffer bytes, long offset, MalformedUtf8 policy, String name)
      throws IOException {
    CodingErrorAction action =
        policy == MalformedUtf8.REPLACE ? CodingErrorAction.REPLACE : CodingErrorAction.REPORT;
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(action).onUnmappableCharacter(action);
    // Never more chars than bytes.
    CharBuffer chars = CharBuffer.allocate(bytes.remaining());
    int start = bytes.position();
    CoderResult result = decoder.decode(bytes, chars, true);
    if (result.isError()) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s: byte 0x%02x at offset %d is not UTF-8; convert the file, or choose to replace"
                  + " such bytes",
              name,
              bytes.get(bytes.position()),
              offset + bytes.position() - start));
    }
    return chars.flip();
  }

  /** Returns how many bytes a text has; half a surrogate pair has two. */
  static long length(char[] text, int start, int end) {
    long count = 0;
    for (int i = start; i < end; i++) {
      char c = text[i];
      count += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return count;
  }

  /**
   * Writes the ids of the bytes of a text.
   *
   * @param byteIds ids by byte
   * @param out takes the ids, from index {@code at}
   * @return the index after the last id; or {@code ~index} of an unpaired surrogate in the text
   */
  static int ids(char[] text, int start, int end, int[] byteIds, int[] out, int at) {
    int n = at;
    for (int i = start; i < end; i++) {
      char c = text[i];
      if (c < 0x80) {
        out[n++] = byteIds[c];
      } else if (c < 0x800) {
        out[n++] = byteIds[0xc0 | (c >> 6)];
        out[n++] = byteIds[0x80 | (c & 0x3f)];
      } else if (!Character.isSurrogate(c)) {
        out[n++] = byteIds[0xe0 | (c >> 12)];
        out[n++] = byteIds[0x80 | ((c >> 6) & 0x3f)];
        out[n++] = byteIds[0x80 | (c & 0x3f)];
      } else if (CharClass.width(text, i, end) == 2) {
        int codePoint = Character.toCodePoint(c, text[++i]);
        out[n++] = byteIds[0xf0 | (codePoint >> 18)];
        out[n++] = byteIds[0x80 | ((codePoint >> 12) & 0x3f)];
        out[n++] = byteIds[0x80 | ((codePoint >> 6) & 0x3f)];
        out[n++] = byteIds[0x80 | (codePoint & 0x3f)];
      } else {
        return ~i;
      }
    }
    return n;
  }
}
