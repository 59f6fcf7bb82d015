package dev.pullback.train.data;

import java.nio.ByteBuffer;

/** How a token is stored, little endian. */
public enum TokenWidth {
  /** Two bytes, for vocabularies of up to 65,536 entries. */
  UINT16(2),
  /** Four bytes. */
  UINT32(4);

  private final int bytes;

  TokenWidth(int bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the narrowest that has room.
   *
   * @param vocabularySize number of tokens, at least 1
   * @return the width
   */
  public static TokenWidth of(int vocabularySize) {
    return vocabularySize <= Character.MAX_VALUE + 1 ? UINT16 : UINT32;
  }

  /**
   * Returns the size of a token.
   *
   * @return 2 or 4
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Appends a token.
   *
   * @param buffer little endian, with room for it
   * @param token in the range of this width
   */
  public void put(ByteBuffer buffer, int token) {
    if (this == UINT16) {
      buffer.putChar((char) token);
    } else {
      buffer.putInt(token);
    }
  }
}
