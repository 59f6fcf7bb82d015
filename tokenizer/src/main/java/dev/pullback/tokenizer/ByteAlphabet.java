package dev.pullback.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 256 visible characters that stand for bytes in the files of byte-level tokenizers (GPT-2,
 * {@code bytes_to_unicode}).
 */
final class ByteAlphabet {

  /** Characters by byte. */
  private static final char[] CHARACTERS = new char[256];

  /** Bytes by character, -1 where it stands for none. */
  private static final short[] BYTES = new short[0x144];

  static {
    Arrays.fill(BYTES, (short) -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean visible = (b > ' ' && b < 0x7f) || (b > 0xa0 && b != 0xad);
      CHARACTERS[b] = visible ? (char) b : next++;
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  static char character(int b) {
    return CHARACTERS[b & 0xff];
  }

  /** Returns the byte that a character stands for, or -1. */
  static int byteOf(int c) {
    return c < BYTES.length ? BYTES[c] : -1;
  }

  /** Returns the bytes a token stands for: its text, where not all characters stand for bytes. */
  static byte[] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      int b = byteOf(token.charAt(i));
      if (b < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }

  static String token(byte[] bytes) {
    StringBuilder token = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      token.append(character(b));
    }
    return token.toString();
  }
}
