package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Tokens in buffers, on the heap or mapped. */
final class StoredTokens implements TokenStream {

  /** A buffer's indices are ints. */
  private static final long MOST_BYTES_MAPPED = 1L << 30;

  private final ByteBuffer[] segments;

  /** The number of each segment's first token, and of the one after the last. */
  private final long[] starts;

  private final TokenWidth width;

  /** Takes buffers from 0 to their limits, each of whole tokens and none of them empty. */
  StoredTokens(List<ByteBuffer> segments, TokenWidth width) {
    this.width = width;
    this.segments = segments.toArray(ByteBuffer[]::new);
    starts = new long[this.segments.length + 1];
    for (int i = 0; i < this.segments.length; i++) {
      starts[i + 1] = starts[i] + this.segments[i].limit() / width.bytes();
    }
  }

  static StoredTokens map(List<Path> files, TokenWidth width) {
    List<ByteBuffer> segments = new ArrayList<>();
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file)) {
        long size = channel.size();
        if (size % width.bytes() != 0) {
          throw new InputException(
              "%s has %d bytes, which are no whole tokens of %d bytes; it is cut off or no file of tokens"
                  .formatted(file, size, width.bytes()));
        }
        for (long from = 0; from < size; from += MOST_BYTES_MAPPED) {
          long count = Math.min(MOST_BYTES_MAPPED, size - from);
          segments.add(
              channel
                  .map(FileChannel.MapMode.READ_ONLY, from, count)
                  .order(ByteOrder.LITTLE_ENDIAN));
        }
      } catch (IOException e) {
        throw new InputException("cannot read %s: %s".formatted(file, FailureReason.of(e)), e);
      }
    }
    return new StoredTokens(segments, width);
  }

  @Override
  public long length() {
    return starts[segments.length];
  }

  @Override
  public void copy(long start, int count, long[] destination, int offset) {
    Objects.checkFromIndexSize(start, count, length());
    Objects.checkFromIndexSize(offset, count, destination.length);
    if (count == 0) {
      return;
    }
    int found = Arrays.binarySearch(starts, start);
    int segment = found >= 0 ? found : -found - 2;
    long from = start;
    int to = offset;
    while (to < offset + count) {
      int index = (int) (from - starts[segment]);
      int part = (int) Math.min(offset + count - to, starts[segment + 1] - from);
      copy(segments[segment], index, part, destination, to);
      from += part;
      to += part;
      segment++;
    }
  }

  private void copy(ByteBuffer from, int index, int count, long[] to, int offset) {
    if (width == TokenWidth.UINT16) {
      for (int i = 0; i < count; i++) {
        to[offset + i] = from.getChar((index + i) * 2);
      }
    } else {
      for (int i = 0; i < count; i++) {
        to[offset + i] = Integer.toUnsignedLong(from.getInt((index + i) * 4));
      }
    }
  }
}
