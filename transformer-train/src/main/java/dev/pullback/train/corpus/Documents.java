package dev.pullback.train.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Utf8Text;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Finds the documents in files: a text of up to {@value #WHOLE_BYTES} bytes is one, a longer one is
 * cut at line ends into pieces of about a megabyte; each object of a {@code .jsonl} file is one,
 * and each text in an archive.
 */
final class Documents {

  /** The most bytes of a text file that is one document. */
  static final int WHOLE_BYTES = 4 << 20;

  /** No document is longer, so that every unit of work has its end. */
  static final long MOST_BYTES = 256L << 20;

  /** A text in JSON is in memory as a whole. */
  private static final int LONGEST_JSON_TEXT = 16 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(LONGEST_JSON_TEXT).build())
          .build();

  private final Settings settings;
  private final Reader reader;

  /** Takes documents in order. */
  @FunctionalInterface
  interface Reader {

    /**
     * Takes a document.
     *
     * @param utf8 its bytes, to be read to their end
     * @param decoding its name and its place
     */
    void read(InputStream utf8, Utf8Text decoding) throws IOException;
  }

  Documents(Settings settings, Reader reader) {
    this.settings = settings;
    this.reader = reader;
  }

  /**
   * Reads all documents of a piece.
   *
   * @throws InputException if the file cannot be read or is not what its name says
   */
  void read(Piece piece) {
    SourceFile file = piece.file();
    try {
      switch (file.format()) {
        case ARCHIVE -> readArchive(file);
        case JSON_LINES -> readRange(piece, this::readJsonLines);
        case TEXT -> readRange(piece, this::readText);
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static InputException unreadable(SourceFile file, IOException e) {
    return new InputException("cannot read %s: %s".formatted(file.name(), FailureReason.of(e)), e);
  }

  private interface Range {
    void read(SourceFile file, InputStream in, long from, long to) throws IOException;
  }

  private static void readRange(Piece piece, Range range) throws IOException {
    try (InputStream in = piece.file().open()) {
      in.skipNBytes(Math.max(0, piece.from() - 1));
      range.read(piece.file(), in, piece.from(), piece.to());
    }
  }

  private void readText(SourceFile file, InputStream in, long from, long to) throws IOException {
    InputStream rest = in;
    if (from == 0) {
      byte[] start = in.readNBytes(WHOLE_BYTES + 1);
      if (start.length <= WHOLE_BYTES) {
        document(new ByteArrayInputStream(start), file.name(), 0);
        return;
      }
      rest = new SequenceInputStream(new ByteArrayInputStream(start), in);
    }
    LineCutter cutter = new LineCutter(rest, from);
    while (cutter.offset() < to && cutter.next()) {
      document(cutter, file.name(), cutter.offset());
    }
  }

  private void document(InputStream utf8, String name, long offset) throws IOException {
    reader.read(new Limited(utf8, name, offset), new Utf8Text(name, offset, settings.invalid()));
  }

  /** Refuses what is too long. */
  private static final class Limited extends FilterInputStream {

    private final String name;
    private final long offset;
    private long left = MOST_BYTES;

    Limited(InputStream in, String name, long offset) {
      super(in);
      this.name = name;
      this.offset = offset;
    }

    @Override
    public int read(byte[] bytes, int off, int len) throws IOException {
      int count = super.read(bytes, off, len);
      left -= count;
      if (left < 0) {
        throw new InputException(
            "%s: the document at offset %d has more than %d bytes; break it into lines, or an archive's into files"
                .formatted(name, offset, MOST_BYTES));
      }
      return count;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }
  }

  private void readArchive(SourceFile file) throws IOException {
    Collection<String> endings =
        settings.endings().isEmpty() ? Settings.ARCHIVED : settings.endings();
    try (ZipFile archive = new ZipFile(file.path().toFile())) {
      List<? extends ZipEntry> entries =
          archive.stream()
              .filter(entry -> !entry.isDirectory() && hasEnding(entry.getName(), endings))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        try (InputStream in = archive.getInputStream(entry)) {
          document(in, file.name() + "!" + entry.getName(), 0);
        }
      }
    }
  }

  /** Tells whether a name ends like a text's that is asked for. */
  static boolean hasEnding(String name, Collection<String> endings) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    int dot = file.lastIndexOf('.');
    return dot >= 0 && endings.contains(file.substring(dot + 1).toLowerCase(Locale.ROOT));
  }

  /** Lines of a range that begins and ends at line ends. */
  private void readJsonLines(SourceFile file, InputStream in, long from, long to)
      throws IOException {
    LineCutter cutter = new LineCutter(in, from);
    while (cutter.offset() < to && cutter.next()) {
      long offset = cutter.offset();
      try (JsonParser parser = parser(cutter, offset)) {
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
          if (token != JsonToken.START_OBJECT) {
            throw new InputException(
                "%s, behind offset %d: %s is no JSON object".formatted(file.name(), offset, token));
          }
          readObject(parser, file, offset);
        }
      } catch (JsonProcessingException e) {
        throw new InputException(
            "%s is not JSON Lines in UTF-8 with texts of at most %d characters: line %d after offset %d: %s"
                .formatted(
                    file.name(),
                    LONGEST_JSON_TEXT,
                    e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                    offset,
                    e.getOriginalMessage()),
            e);
      } catch (CharacterCodingException e) {
        throw new InputException(
            "%s is not JSON Lines in UTF-8: behind offset %d are bytes that are no character; convert it, or use --invalid replace"
                .formatted(file.name(), offset),
            e);
      }
    }
  }

  /** Jackson's own decoder takes some bytes that are not UTF-8, and no byte order mark. */
  private JsonParser parser(InputStream in, long offset) throws IOException {
    BufferedReader text =
        new BufferedReader(
            new InputStreamReader(
                in,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(settings.invalid().action())
                    .onUnmappableCharacter(settings.invalid().action())));
    if (offset == 0) {
      text.mark(1);
      if (text.read() != Utf8Text.BYTE_ORDER_MARK) {
        text.reset();
      }
    }
    return JSON.createParser(text).disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
  }

  private void readObject(JsonParser parser, SourceFile file, long offset) throws IOException {
    boolean found = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      boolean wanted = parser.currentName().equals(settings.field());
      JsonToken value = parser.nextToken();
      if (!wanted) {
        parser.skipChildren();
      } else if (value == JsonToken.VALUE_STRING && !found) {
        found = true;
        byte[] utf8 = utf8(parser.getText(), file, offset);
        document(new ByteArrayInputStream(utf8), file.name(), offset);
      } else {
        throw new InputException(
            "%s, behind offset %d: %s is there twice or no string"
                .formatted(file.name(), offset, settings.field()));
      }
    }
    if (!found) {
      throw new InputException(
          "%s, behind offset %d: an object has no %s; name the text with --field"
              .formatted(file.name(), offset, settings.field()));
    }
  }

  /** JSON can write half a character. */
  private byte[] utf8(String text, SourceFile file, long offset) {
    CharsetEncoder encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(settings.invalid().action())
            .replaceWith("\uFFFD".getBytes(StandardCharsets.UTF_8));
    try {
      ByteBuffer bytes = encoder.encode(CharBuffer.wrap(text));
      byte[] utf8 = new byte[bytes.remaining()];
      bytes.get(utf8);
      return utf8;
    } catch (CharacterCodingException e) {
      throw new InputException(
          "%s, behind offset %d: %s holds half a surrogate pair; mend it or use --invalid replace"
              .formatted(file.name(), offset, settings.field()),
          e);
    }
  }
}
