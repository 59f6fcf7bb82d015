package dev.pullback.train.data;

import java.nio.file.Path;
import java.util.List;

/**
 * Tokens in a row, of which windows are copied. Immutable and safe for use by several threads at
 * once.
 */
public interface TokenStream {

  /**
   * Returns how many there are.
   *
   * @return tokens, at least 0
   */
  long length();

  /**
   * Copies a window.
   *
   * @param start of its first token, from 0
   * @param count tokens, at least 0; {@code start + count} is at most {@link #length()}
   * @param destination takes them
   * @param offset of the first in the destination
   * @throws IndexOutOfBoundsException if the window is not within the stream, or the destination
   *     has no room for it
   */
  void copy(long start, int count, long[] destination, int offset);

  /**
   * Keeps tokens in memory.
   *
   * @param tokens at least 0 each
   * @return a copy of them
   */
  static TokenStream of(int... tokens) {
    TokenBuffer buffer = new TokenBuffer(TokenWidth.UINT32);
    for (int token : tokens) {
      buffer.accept(token);
    }
    return buffer.finish();
  }

  /**
   * Maps files into memory. The operating system reads of them what is used and keeps what it has
   * room for; nothing is on the heap.
   *
   * @param files little-endian numbers without a header, one file after the other; not to be
   *     changed any more
   * @param width bytes of a number
   * @return the tokens of all files
   * @throws dev.pullback.train.InputException if a file cannot be read, or ends within a number
   */
  static TokenStream map(List<Path> files, TokenWidth width) {
    return StoredTokens.map(files, width);
  }
}
