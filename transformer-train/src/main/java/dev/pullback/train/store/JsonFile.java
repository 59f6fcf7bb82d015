package dev.pullback.train.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * Reads files of one JSON object each, most of them small, that nobody vouches for: keys are
 * unique, nothing stands behind the object, and a value has the type that it should have.
 */
public final class JsonFile {

  /** No small one that this program writes is nearly as long. */
  private static final int MOST_BYTES = 1 << 20;

  /** A corpus of a million files names each of them in some 160 bytes. */
  private static final int MOST_BYTES_OF_LARGE = 1 << 28;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private JsonFile() {}

  /**
   * Reads a file.
   *
   * @param file the file
   * @param kind what it should be, such as {@code a training state}
   * @return its object
   * @throws InputException if it cannot be read or is anything else
   */
  public static ObjectNode object(Path file, String kind) {
    return object(file, kind, MOST_BYTES);
  }

  /**
   * Reads a file that names as many things as somebody has, such as the sources of a corpus.
   *
   * @param file the file
   * @param kind what it should be
   * @return its object
   * @throws InputException if it cannot be read or is anything else
   */
  public static ObjectNode largeObject(Path file, String kind) {
    return object(file, kind, MOST_BYTES_OF_LARGE);
  }

  private static ObjectNode object(Path file, String kind, int most) {
    try {
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(most + 1);
      }
      if (bytes.length > most) {
        throw wrong(file, kind, "it has more than " + most + " bytes");
      }
      // A decoder of one's own reports what is not UTF-8 instead of replacing it.
      JsonNode tree =
          JSON.readTree(
              new InputStreamReader(
                  new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder()));
      if (tree instanceof ObjectNode object) {
        return object;
      }
      throw wrong(file, kind, "it is not a JSON object");
    } catch (JsonProcessingException e) {
      throw wrong(file, kind, e);
    } catch (CharacterCodingException e) {
      throw new InputException(message(file, kind, "it is not UTF-8"), e);
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  /**
   * Takes an object for a value all of whose parts are there.
   *
   * @param object what {@link #object} read
   * @param type of the value
   * @param file to be named
   * @param kind what it should be
   * @param <T> of the value
   * @return the value
   * @throws InputException if it is another one's, or lacks a part
   */
  public static <T> T complete(ObjectNode object, Class<T> type, Path file, String kind) {
    try {
      return JSON.readerFor(type)
          .with(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .readValue(object);
    } catch (JsonProcessingException e) {
      throw wrong(file, kind, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing is read any more
    }
  }

  /**
   * Takes an object for a value.
   *
   * @param object what {@link #object} read
   * @param type of the value
   * @param file to be named
   * @param kind what it should be
   * @param <T> of the value
   * @return the value
   * @throws InputException if it is another one's
   */
  public static <T> T value(ObjectNode object, Class<T> type, Path file, String kind) {
    try {
      return JSON.treeToValue(object, type);
    } catch (JsonProcessingException e) {
      throw wrong(file, kind, e);
    }
  }

  private static String name(JsonMappingException.Reference place) {
    return place.getFieldName() == null ? "" + place.getIndex() : place.getFieldName();
  }

  private static InputException wrong(Path file, String kind, JsonProcessingException e) {
    String where =
        e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
            ? mapping.getPath().stream().map(JsonFile::name).collect(Collectors.joining("."))
            : e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr();
    return new InputException(message(file, kind, where + ": " + e.getOriginalMessage()), e);
  }

  private static InputException wrong(Path file, String kind, String reason) {
    return new InputException(message(file, kind, reason));
  }

  private static String message(Path file, String kind, String reason) {
    return "%s is not %s: %s".formatted(file, kind, reason);
  }
}
