package dev.pullback.train.data;

import dev.pullback.tokenizer.StreamingEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Collects tokens in memory, at their stored size and without copying what is there. */
public final class TokenBuffer implements StreamingEncoder.Sink {

  private static final int SEGMENT_BYTES = 1 << 20;

  private final TokenWidth width;
  private final List<ByteBuffer> segments = new ArrayList<>();
  private ByteBuffer last = ByteBuffer.allocate(0);

  /**
   * Creates an empty buffer.
   *
   * @param width bytes of a token
   */
  public TokenBuffer(TokenWidth width) {
    this.width = width;
  }

  @Override
  public void accept(int id) {
    if (!last.hasRemaining()) {
      last = ByteBuffer.allocate(SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      segments.add(last);
    }
    width.put(last, id);
  }

  /**
   * Returns what was collected.
   *
   * @return the tokens; the buffer is of no more use
   */
  public TokenStream finish() {
    segments.forEach(ByteBuffer::flip);
    return new StoredTokens(segments, width);
  }
}
