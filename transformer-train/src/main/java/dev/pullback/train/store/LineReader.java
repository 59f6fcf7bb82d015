package dev.pullback.train.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a file of JSON objects line by line, with the memory of one line. */
final class LineReader implements Closeable {

  /** No line that this program writes is nearly as long; longer ones are not kept in memory. */
  static final int LONGEST = 1 << 20;

  private static final ObjectReader OBJECT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(ObjectNode.class);

  private final InputStream in;

  LineReader(Path file) throws IOException {
    this.in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
  }

  /**
   * A line of a file.
   *
   * @param text without its end; cut off after {@link #LONGEST} bytes; empty if it is not UTF-8
   * @param whole whether it has an end
   */
  record Line(String text, boolean whole) {

    /** Returns the object in the line, empty if there is none. */
    Optional<ObjectNode> object() {
      try {
        return whole ? Optional.ofNullable(OBJECT.readValue(text)) : Optional.empty();
      } catch (JsonProcessingException e) {
        return Optional.empty();
      }
    }
  }

  /** Returns the next line, empty after the last. */
  Optional<Line> next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    if (b < 0) {
      return Optional.empty();
    }
    for (; b >= 0 && b != '\n'; b = in.read()) {
      if (line.size() < LONGEST) {
        line.write(b);
      }
    }
    return Optional.of(new Line(text(line.toByteArray()), b >= 0));
  }

  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
