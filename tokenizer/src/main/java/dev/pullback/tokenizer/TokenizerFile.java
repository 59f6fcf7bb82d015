package dev.pullback.tokenizer;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.function.Function;

/** Reads and writes the JSON files that hold tokenizers, whatever their type. */
final class TokenizerFile {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Twice as long as the one that has every character there is. */
  private static final int MOST_BYTES = 32 << 20;

  private static final int LONGEST_SHOWN = 200;

  private TokenizerFile() {}

  static ObjectNode newObject() {
    return MAPPER.createObjectNode();
  }

  /**
   * Parses a JSON object.
   *
   * @throws IllegalArgumentException if the text is not one JSON object, or has a key twice
   */
  static ObjectNode parse(String json) {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      JsonLocation place = e.getLocation();
      String where =
          place == null
              ? ""
              : " at line %d, column %d".formatted(place.getLineNr(), place.getColumnNr());
      throw new IllegalArgumentException(
          "not valid JSON" + where + ": " + oneLine(e.getOriginalMessage()), e);
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("not a JSON object");
  }

  /**
   * Returns the type of the tokenizer that an object holds.
   *
   * @throws IllegalArgumentException if the object has no type, or one that is not a string
   */
  static String type(ObjectNode json) {
    JsonNode type = json.path("type");
    if (!type.isTextual()) {
      throw new IllegalArgumentException("\"type\" is missing or not a string");
    }
    return type.textValue();
  }

  /**
   * Reads a file.
   *
   * @throws IOException naming the file, also where the content is what {@code reader} rejects with
   *     an {@link IllegalArgumentException}
   */
  static <T> T read(Path path, Function<ObjectNode, T> reader) throws IOException {
    try {
      byte[] bytes;
      try (InputStream in = Files.newInputStream(path)) {
        bytes = in.readNBytes(MOST_BYTES + 1);
      }
      if (bytes.length > MOST_BYTES) {
        throw new IllegalArgumentException("has more than " + MOST_BYTES + " bytes");
      }
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return reader.apply(parse(text.toString()));
    } catch (CharacterCodingException e) {
      throw new IOException(path + ": not UTF-8 text", e);
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    } catch (FileSystemException e) {
      throw e; // names the file
    } catch (IOException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /** Puts a value into a message: as JSON, on one line, cut off where it is long. */
  static String shown(JsonNode node) {
    return oneLine(node.isMissingNode() ? "missing" : node.toString());
  }

  /** Puts a text into a message, as {@link #shown}. */
  static String quoted(String text) {
    return shown(TextNode.valueOf(text));
  }

  /** Takes out of a text, which a file may have written, what does not fit a message. */
  private static String oneLine(String text) {
    String cut = text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
    return cut.replaceAll("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]+", " ");
  }

  /** Writes a file, whole or not at all: a file beside it is written, then moved over it. */
  static void write(Path path, String json) throws IOException {
    Path target = path.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new NoSuchFileException(path.toString(), null, "its directory does not exist");
    }
    // Not Files.createTempFile, which makes files that only the owner can read.
    Path temporary = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      Files.writeString(
          temporary,
          json,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE,
          StandardOpenOption.SYNC);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
