package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * What Hugging Face's {@code tokenizers} trains, encodes and decodes. {@code -Dpullback.golden=DIR}
 * reads {@code DIR/bpe} (relative to the project's root) instead of the bundled files.
 */
final class GoldenBpe {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Characters that Unicode 13, which Java 17 has, does not know; no merge crosses them. */
  private static final Set<String> NEWER_THAN_UNICODE_13 =
      Set.of("unicode-14", "unicode-15", "unicode-15.1", "unicode-16");

  private static final int FIRST_JAVA_WITH_UNICODE_16 = 24;

  private GoldenBpe() {}

  static byte[] bytes(String name) {
    String directory = System.getProperty("pullback.golden");
    try {
      if (directory != null) {
        Path root = Path.of(System.getProperty("pullback.root", ""));
        return Files.readAllBytes(root.resolve(directory).resolve("bpe").resolve(name));
      }
      try (InputStream in = GoldenBpe.class.getResourceAsStream("/golden/bpe/" + name)) {
        return in.readAllBytes();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read golden file " + name, e);
    }
  }

  static JsonNode read(String name) {
    return parse(new String(bytes(name), StandardCharsets.UTF_8));
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> cases() {
    return StreamSupport.stream(read("manifest.json").get("cases").spliterator(), false)
        .map(JsonNode::textValue)
        .toList();
  }

  static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    read("texts.json").properties().forEach(e -> texts.put(e.getKey(), e.getValue().textValue()));
    return texts;
  }

  static boolean isKnownToThisJava(String text) {
    return Runtime.version().feature() >= FIRST_JAVA_WITH_UNICODE_16
        || !NEWER_THAN_UNICODE_13.contains(text);
  }

  static SplitPattern pattern(String name) {
    return new SplitPattern(read("manifest.json").get("patterns").get(name).textValue());
  }

  static int[] ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  static BpeTokenizer tokenizer(String name) {
    return BpeTokenizer.fromJson(
        new String(bytes(name + ".tokenizer.json"), StandardCharsets.UTF_8));
  }
}
