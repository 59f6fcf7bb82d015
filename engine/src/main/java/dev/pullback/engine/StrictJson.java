package dev.pullback.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads JSON that nobody vouches for: unique keys, UTF-8, one value and nothing behind it. */
final class StrictJson {

  /** The most bytes of a document, as in the reference implementation of safetensors. */
  static final int MAX_BYTES = 100_000_000;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MAX_BYTES)
                  .maxNameLength(MAX_BYTES)
                  .build())
          .build();

  private StrictJson() {}

  /** What is wrong with a document. */
  static final class MalformedException extends IOException {

    private static final long serialVersionUID = 1L;

    MalformedException(String reason) {
      super(reason);
    }
  }

  /** Reads the value of one field. */
  @FunctionalInterface
  interface Field {

    /**
     * Reads a value, of which the parser stands on the first token, to its end.
     *
     * @param name the field's name
     * @param json the parser
     * @throws IOException if it is at fault
     */
    void read(String name, JsonParser json) throws IOException;
  }

  /** Reads a document that is one object. */
  static void object(byte[] text, Field field) throws IOException {
    // A decoder of one's own reports what is not UTF-8 instead of replacing it.
    try (JsonParser json =
        FACTORY.createParser(
            new InputStreamReader(
                new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder()))) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedException("it is not a JSON object");
      }
      fields(json, field);
      if (json.nextToken() != null) {
        throw new MalformedException("it goes on behind the JSON object");
      }
    }
  }

  /** Reads the fields of an object, on whose beginning the parser stands. */
  static void fields(JsonParser json, Field field) throws IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      field.read(name, json);
    }
  }

  /** Reads an object of strings. */
  static Map<String, String> strings(String what, JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new MalformedException("%s is not an object of strings".formatted(what));
    }
    Map<String, String> strings = new LinkedHashMap<>();
    fields(
        json,
        (name, value) -> {
          if (value.currentToken() != JsonToken.VALUE_STRING) {
            throw new MalformedException("%s: %s is not a string".formatted(what, name));
          }
          strings.put(name, value.getText());
        });
    return strings;
  }

  /**
   * Explains on one line why a document cannot be read.
   *
   * @param file begins the message
   * @param kind what the file should be
   * @param e thrown while it was read
   * @return the explanation
   */
  static IOException explain(String file, String kind, IOException e) {
    String fault;
    if (e instanceof JsonProcessingException json) {
      fault = "it is not valid JSON: " + json.getOriginalMessage();
    } else if (e instanceof CharacterCodingException) {
      fault = "it is not UTF-8";
    } else if (e instanceof MalformedException) {
      fault = e.getMessage();
    } else {
      return new IOException("%s: %s".formatted(file, oneLine(String.valueOf(e.getMessage()))), e);
    }
    return new IOException("%s is not a complete %s: %s".formatted(file, kind, oneLine(fault)), e);
  }

  /** Makes text that a file may have written fit for a message: one line, not too long. */
  static String oneLine(String text) {
    String cut = text.length() <= 500 ? text : text.substring(0, 500) + "…";
    return cut.replaceAll("[\\p{Cntrl}\\p{Cs}\\u0085\\u2028\\u2029]+", " ");
  }
}
