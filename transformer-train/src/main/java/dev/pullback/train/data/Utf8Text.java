package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Decodes UTF-8 as it is read. Line ends are kept as they are; a byte order mark at the beginning
 * of a file is dropped.
 *
 * @param name of the file, for messages
 * @param from offset in the file of the first byte that is read
 * @param invalid what is done with bytes that are not UTF-8
 */
public record Utf8Text(String name, long from, InvalidUtf8 invalid) {

  private static final int BUFFER_BYTES = 1 << 16;

  /** What some programs write at the beginning of a file. */
  public static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * Reads to the end.
   *
   * @param in the bytes; stays open
   * @param parts takes the text; no part is cut within a surrogate pair
   * @throws InputException if a byte is refused; the message has its offset
   * @throws IOException if reading fails
   */
  public void read(InputStream in, Consumer<String> parts) throws IOException {
    CodingErrorAction action = invalid.action();
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(action).onUnmappableCharacter(action);
    byte[] bytes = new byte[BUFFER_BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).limit(0);
    // UTF-8 never decodes to more chars than it has bytes, so the output cannot overflow.
    CharBuffer out = CharBuffer.allocate(BUFFER_BYTES);
    long offset = from;
    boolean beginning = from == 0;
    boolean end = false;
    while (!end) {
      int kept = buffer.compact().position();
      int count = in.readNBytes(bytes, kept, BUFFER_BYTES - kept);
      end = count < BUFFER_BYTES - kept;
      buffer.position(kept + count).flip();
      CoderResult result = decoder.decode(buffer, out, end);
      offset += buffer.position();
      if (result.isError()) {
        throw refused(bytes[buffer.position()], offset);
      }
      out.flip();
      if (beginning && out.hasRemaining()) {
        beginning = false;
        if (out.get(0) == BYTE_ORDER_MARK) {
          out.get();
        }
      }
      if (out.hasRemaining()) {
        parts.accept(out.toString());
      }
      out.clear();
    }
  }

  private InputException refused(byte first, long offset) {
    return new InputException(
        "%s is not valid UTF-8: malformed byte 0x%02X at offset %d; convert the file to UTF-8"
            .formatted(name, first & 0xFF, offset));
  }
}
