package dev.pullback.train.corpus;

import java.io.IOException;
import java.io.InputStream;

/**
 * Cuts a stream at line ends, the first at or after each multiple of {@link #STRIDE} bytes. Where
 * the cuts are does not depend on where reading began, so that parts of a file can be read apart.
 */
final class LineCutter extends InputStream {

  /** The size of a piece, but for the rest of its last line. */
  static final long STRIDE = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long offset;
  private long cut;
  private boolean ended;

  /**
   * Begins.
   *
   * @param in positioned one byte before {@code from}, or at the beginning
   * @param from where pieces may begin
   */
  LineCutter(InputStream in, long from) throws IOException {
    this.in = in;
    offset = Math.max(0, from - 1);
    if (from > 0) {
      cut = from;
      skipPiece();
    }
  }

  private void skipPiece() throws IOException {
    byte[] skipped = new byte[BUFFER_BYTES];
    while (read(skipped, 0, skipped.length) >= 0) {}
  }

  /**
   * Begins the next piece. The one before has been read to its end.
   *
   * @return whether there is one
   */
  boolean next() throws IOException {
    if (position == limit && !fill()) {
      return false;
    }
    ended = false;
    cut = (offset / STRIDE + 1) * STRIDE;
    return true;
  }

  /** Returns where in the file the next byte is. */
  long offset() {
    return offset;
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, in.read(buffer));
    return limit > 0;
  }

  /** Reads of the current piece. */
  @Override
  public int read(byte[] bytes, int off, int len) throws IOException {
    if (ended || (position == limit && !fill())) {
      return -1;
    }
    int count = Math.min(len, limit - position);
    // A line feed just before the multiple ends a piece as well: the next line begins there.
    for (int i = (int) Math.max(0, Math.min(count, cut - 1 - offset)); i < count; i++) {
      if (buffer[position + i] == '\n') {
        count = i + 1;
        ended = true;
      }
    }
    System.arraycopy(buffer, position, bytes, off, count);
    position += count;
    offset += count;
    return count;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }
}
