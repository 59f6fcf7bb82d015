package dev.pullback.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pullback.engine.StrictJson.MalformedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The list of which tensor lies in which of several files, as Hugging Face's libraries write it.
 */
final class SafetensorsIndex {

  /** How the index's file name ends. */
  static final String ENDING = ".safetensors.index.json";

  private static final String WEIGHT_MAP = "weight_map";
  private static final Pattern FILE_NAME = Pattern.compile("[^/\\\\:\\p{Cntrl}]+\\.safetensors");

  private SafetensorsIndex() {}

  /** Reads the files by tensor; {@code name} begins the message if the index is at fault. */
  static Map<String, String> read(FileChannel file, String name) throws IOException {
    try {
      if (file.size() > StrictJson.MAX_BYTES) {
        throw new MalformedException(
            "it has %d bytes; at most %d are allowed".formatted(file.size(), StrictJson.MAX_BYTES));
      }
      byte[] text = new byte[(int) file.size()];
      SafetensorsHeader.readFully(file, ByteBuffer.wrap(text), 0);
      return parse(text);
    } catch (IOException e) {
      throw StrictJson.explain(name, "index of safetensors files", e);
    }
  }

  private static Map<String, String> parse(byte[] text) throws IOException {
    Map<String, String> files = new TreeMap<>();
    StrictJson.object(
        text,
        (field, json) -> {
          if (field.equals(WEIGHT_MAP)) {
            files.putAll(StrictJson.strings(WEIGHT_MAP, json));
          } else {
            json.skipChildren();
          }
        });
    if (files.isEmpty()) {
      throw new MalformedException("it lists nothing under %s".formatted(WEIGHT_MAP));
    }
    for (String file : files.values()) {
      if (!FILE_NAME.matcher(file).matches()) {
        throw new MalformedException(
            "it lists %s, which is no safetensors file beside it".formatted(file));
      }
    }
    return files;
  }

  static byte[] encode(Map<String, String> files, long totalBytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", totalBytes);
      json.writeEndObject();
      json.writeObjectFieldStart(WEIGHT_MAP);
      for (Map.Entry<String, String> entry : files.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    return out.toByteArray();
  }
}
