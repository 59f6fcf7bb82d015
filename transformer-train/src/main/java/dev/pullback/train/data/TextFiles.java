package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads text files as strict UTF-8. */
public final class TextFiles {

  /** The largest array that every virtual machine can allocate. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8L;

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private TextFiles() {}

  /**
   * Reads a UTF-8 file. A byte order mark at the start is dropped; everything else, line ends
   * included, is kept as it is. The file may be a pipe.
   *
   * @param file the file, at most 2 GiB
   * @return its text, at least one character
   * @throws InputException if the file is missing, a directory, unreadable, too large or empty, or
   *     if it is not valid UTF-8; then the message gives the byte offset of the first malformed
   *     byte
   */
  public static String read(Path file) {
    return read(file, MAX_BYTES);
  }

  /**
   * Reads a UTF-8 file as {@link #read(Path)} does.
   *
   * @param file the file
   * @param most the most bytes that it may have
   * @return its text, at least one character
   * @throws InputException as {@link #read(Path)} does
   */
  public static String read(Path file, long most) {
    String text = decode(file, readBytes(file, most));
    if (text.isEmpty()) {
      throw new InputException(file + " is empty; give a text of at least one character");
    }
    return text;
  }

  private static byte[] readBytes(Path file, long most) {
    if (Files.isDirectory(file)) {
      throw new InputException(file + " is a directory; give a UTF-8 text file");
    }
    try {
      long size = Files.size(file);
      if (size > most) {
        throw new InputException(
            file + " has " + size + " bytes, more than " + most + "; shorten or split the file");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + ": " + FailureReason.of(e) + "; give a readable UTF-8 text file",
          e);
    }
  }

  private static String decode(Path file, byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    // UTF-8 never decodes to more chars than it has bytes, so the output cannot overflow.
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      int offset = in.position();
      throw new InputException(
          "%s is not valid UTF-8: malformed byte 0x%02X at offset %d; convert the file to UTF-8"
              .formatted(file, bytes[offset] & 0xFF, offset));
    }
    decoder.flush(out);
    out.flip();
    if (out.hasRemaining() && out.get(0) == BYTE_ORDER_MARK) {
      out.get();
    }
    return out.toString();
  }
}
