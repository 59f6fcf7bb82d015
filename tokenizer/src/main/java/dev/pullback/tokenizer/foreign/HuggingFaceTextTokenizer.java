package dev.pullback.tokenizer.foreign;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Any {@code tokenizer.json}, read by Hugging Face's own library through {@code
 * ai.djl.huggingface:tokenizers}, which is native code. For files that {@link
 * dev.pullback.tokenizer.BpeTokenizer} refuses. No special tokens are put around texts.
 */
public final class HuggingFaceTextTokenizer extends ForeignTokenizer implements AutoCloseable {

  private final HuggingFaceTokenizer tokenizer;
  private final String json;
  private final int size;

  private HuggingFaceTextTokenizer(HuggingFaceTokenizer tokenizer, String json, int size) {
    this.tokenizer = tokenizer;
    this.json = json;
    this.size = size;
  }

  /**
   * Reads a tokenizer.
   *
   * @param path the {@code tokenizer.json}
   * @return the tokenizer, to be closed
   * @throws IOException if the file cannot be read, or the library does not accept it
   * @throws LinkageError if there is no native library for this machine
   */
  public static HuggingFaceTextTokenizer load(Path path) throws IOException {
    String json = Files.readString(path);
    int size;
    HuggingFaceTokenizer tokenizer;
    try {
      size = size(new ObjectMapper().readTree(json));
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), Map.of());
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          path + ": not a tokenizer that the library reads: " + e.getMessage(), e);
    }
    return new HuggingFaceTextTokenizer(tokenizer, json, size);
  }

  private static int size(JsonNode json) {
    JsonNode vocabulary = json.path("model").path("vocab");
    int last = vocabulary.isArray() ? vocabulary.size() - 1 : -1;
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        last = Math.max(last, id.asInt());
      }
    }
    for (JsonNode token : json.path("added_tokens")) {
      last = Math.max(last, token.path("id").asInt());
    }
    return last + 1;
  }

  @Override
  int[] encodeValid(String text) {
    return Arrays.stream(tokenizer.encode(text, false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  @Override
  String decodeValid(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false);
  }

  @Override
  public int vocabularySize() {
    return size;
  }

  @Override
  public String toJson() {
    return json;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
