package dev.pullback.tokenizer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** Reads files in blocks of whole lines; each line with its ending is a text. */
final class LineFeed implements CorpusFeed, Closeable {

  private static final int BLOCK = 1 << 18;
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private final Iterator<Path> files;
  private final MalformedUtf8 policy;
  private Path file;
  private InputStream in;
  private byte[] rest = {};
  private long offset;

  LineFeed(List<Path> files, MalformedUtf8 policy) {
    this.files = files.iterator();
    this.policy = policy;
  }

  /** Some lines of a file. */
  private record Block(Path file, ByteBuffer bytes, long offset) {}

  @Override
  public boolean next(TextStage stage) throws IOException {
    Block block = read();
    if (block == null) {
      return false;
    }
    CharBuffer decoded =
        Utf8.decode(block.bytes(), block.offset(), policy, block.file().toString());
    char[] chars = decoded.array();
    int from = 0;
    for (int i = 0; i < decoded.limit(); i++) {
      if (chars[i] == '\n') {
        stage.write(chars, from, i + 1, 0);
        stage.end();
        from = i + 1;
      }
    }
    stage.write(chars, from, decoded.limit(), 0);
    stage.end();
    return true;
  }

  private synchronized Block read() throws IOException {
    while (in == null) {
      if (!files.hasNext()) {
        return null;
      }
      file = files.next();
      in = Files.newInputStream(file);
      offset = 0;
    }
    byte[] bytes = Arrays.copyOf(rest, Math.max(BLOCK, rest.length));
    int length = rest.length;
    int lines = 0;
    while (true) {
      int read = in.readNBytes(bytes, length, bytes.length - length);
      boolean atEnd = read < bytes.length - length;
      for (int i = length + read; i > length && lines == 0; i--) {
        lines = bytes[i - 1] == '\n' ? i : 0;
      }
      length += read;
      if (atEnd) {
        lines = length;
        close();
      }
      if (atEnd || lines > 0) {
        break;
      }
      if (length == LARGEST) {
        throw new IOException(file + ": a line of more than " + length + " bytes");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(LARGEST, 2L * length));
    }
    rest = Arrays.copyOfRange(bytes, lines, length);
    Block block = new Block(file, ByteBuffer.wrap(bytes, 0, lines), offset);
    offset += lines;
    return block;
  }

  @Override
  public void close() throws IOException {
    InputStream open = in;
    in = null;
    if (open != null) {
      open.close();
    }
  }
}
