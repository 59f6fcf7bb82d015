package dev.pullback.train.corpus;

import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.data.TokenWidth;
import dev.pullback.train.store.ResumableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of tokens of one split that a unit of work leaves. Each ends where a document ends. */
final class Parts implements StreamingEncoder.Sink, AutoCloseable {

  /** With a document more, of four bytes for each of its own, it stays below 2 GiB. */
  private static final long ENOUGH_BYTES = 256L << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path folder;
  private final String split;
  private final TokenWidth width;
  private final List<Part> parts = new ArrayList<>();
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private ResumableFile file;
  private long documents;
  private long bytes;
  private long tokens;

  /**
   * A file.
   *
   * @param file its name in the unit's folder
   * @param documents how many end in it
   * @param bytes of their text
   * @param tokens how many
   */
  record Part(String file, long documents, long bytes, long tokens) {}

  Parts(Path folder, String split, TextTokenizer tokenizer) {
    this.folder = folder;
    this.split = split;
    this.width = TokenWidth.of(tokenizer.vocabularySize());
  }

  @Override
  public void accept(int id) {
    if (buffer.remaining() < width.bytes()) {
      Parallel.unchecked(this::flush);
    }
    width.put(buffer, id);
    tokens++;
  }

  private void flush() throws IOException {
    if (file == null) {
      file = ResumableFile.beside(folder.resolve(name()));
      file.restart(); // what a killed process left is written again
    }
    file.append(buffer.flip());
    buffer.clear();
  }

  private String name() {
    return split + "-" + parts.size() + ".bin";
  }

  /** Counts text that is about to be encoded. */
  void addBytes(int count) {
    bytes += count;
  }

  /** Counts a document, whose tokens are here. */
  void endDocument() throws IOException {
    documents++;
    if (tokens * width.bytes() >= ENOUGH_BYTES) {
      endPart();
    }
  }

  private void endPart() throws IOException {
    flush();
    file.commit();
    file.close();
    file = null;
    parts.add(new Part(name(), documents, bytes, tokens));
    documents = 0;
    bytes = 0;
    tokens = 0;
  }

  /** Ends the last file; returns all. */
  List<Part> finish() throws IOException {
    if (tokens > 0) {
      endPart();
    }
    return List.copyOf(parts);
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
