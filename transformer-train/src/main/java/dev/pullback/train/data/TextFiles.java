package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Reads text files as strict UTF-8. */
public final class TextFiles {

  /** The largest array that every virtual machine can allocate. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 8L;

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

  /**
   * Gives a UTF-8 file as {@link #read(Path)} reads it, but part by part and whatever its size. A
   * pipe, which can be read once only, is read at once and kept.
   *
   * @param file the file
   * @return its text, possibly empty; reading it is what finds malformed bytes
   * @throws InputException if the file is missing, a directory, or a pipe that {@link #read(Path)}
   *     refuses
   */
  public static TextSource source(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      return TextSource.of(read(file));
    }
    TextSource source = parts -> stream(file, parts);
    if (!Files.isReadable(file)) {
      source.read(part -> {}); // fails, and says why
    }
    return source;
  }

  private static void stream(Path file, Consumer<String> parts) {
    try (InputStream in = Files.newInputStream(file)) {
      new Utf8Text(file.toString(), 0, InvalidUtf8.REFUSE).read(in, parts);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InputException unreadable(Path file, IOException e) {
    return new InputException(
        "cannot read " + file + ": " + FailureReason.of(e) + "; give a readable UTF-8 text file",
        e);
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
      throw unreadable(file, e);
    }
  }

  private static String decode(Path file, byte[] bytes) {
    StringBuilder text = new StringBuilder();
    try {
      new Utf8Text(file.toString(), 0, InvalidUtf8.REFUSE)
          .read(new ByteArrayInputStream(bytes), text::append);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the bytes are in memory
    }
    return text.toString();
  }
}
