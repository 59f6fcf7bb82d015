package dev.pullback.train.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Follows a file of one JSON object a line that somebody writes: every call reads what is new, and
 * nothing twice. Used by one thread at a time.
 */
public final class JsonTail {

  private static final int MOST_BYTES = LineReader.LONGEST;

  private final Path file;
  private Object identity;
  private long position;

  /**
   * Follows a file from its beginning.
   *
   * @param file the file, which need not exist yet
   */
  public JsonTail(Path file) {
    this.file = file;
  }

  /**
   * What is new.
   *
   * @param restarted whether the file is another or shorter one than before, as after a resume:
   *     what was read earlier is void, and these are its first lines
   * @param objects the objects of whole lines; damaged lines are left out
   * @param more whether there is more to read at once: a call reads at most 1 MiB
   */
  public record News(boolean restarted, List<ObjectNode> objects, boolean more) {}

  /**
   * Reads on.
   *
   * @return what was appended since the last call
   * @throws IOException if the file cannot be read; a missing one is empty
   */
  public News read() throws IOException {
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      boolean gone = position > 0;
      position = 0;
      return new News(gone, List.of(), false);
    }
    boolean restarted =
        position > 0 && (now.size() < position || !Objects.equals(now.fileKey(), identity));
    if (restarted) {
      position = 0;
    }
    identity = now.fileKey();
    // Opening a pipe would wait for its writer.
    if (!now.isRegularFile() || now.size() == position) {
      return new News(restarted, List.of(), false);
    }
    byte[] bytes = bytes((int) Math.min(MOST_BYTES, now.size() - position));
    List<ObjectNode> objects = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        String text = new String(bytes, begin, i - begin, StandardCharsets.UTF_8);
        new LineReader.Line(text, true).object().ifPresent(objects::add);
        begin = i + 1;
      }
    }
    // No line of ours is as long; what is left of one that is will be damaged as well.
    position += begin == 0 && bytes.length == MOST_BYTES ? bytes.length : begin;
    return new News(restarted, objects, bytes.length == MOST_BYTES);
  }

  private byte[] bytes(int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      channel.position(position);
      int read = 0;
      while (read >= 0 && buffer.hasRemaining()) {
        read = channel.read(buffer);
      }
    }
    byte[] bytes = new byte[buffer.position()];
    buffer.flip().get(bytes);
    return bytes;
  }
}
