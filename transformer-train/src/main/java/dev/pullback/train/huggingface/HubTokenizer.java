package dev.pullback.train.huggingface;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A {@code tokenizer.json}. Characters are written as byte pairs' model without merges, whose words
 * are whole texts: it then takes one character after the other.
 */
final class HubTokenizer {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** What a tokenizer of characters does nothing of. */
  private static final List<String> NOTHING =
      List.of(
          "added_tokens", "normalizer", "padding", "post_processor", "pre_tokenizer", "truncation");

  /** Characters take a few bytes each, and there are no more than a million of them. */
  private static final long MOST_BYTES = 1 << 26;

  private HubTokenizer() {}

  /** Reads a file. */
  static TextTokenizer read(Path file) {
    try {
      if (Files.size(file) <= MOST_BYTES) {
        JsonNode json = JSON.readTree(file.toFile());
        if (json != null && isOfCharacters(json)) {
          return characters(file, json.path("model"));
        }
      }
      return TextTokenizer.load(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the tokenizer %s: %s".formatted(file, FailureReason.of(e)), e);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "cannot read the tokenizer %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Whether a file is of the form that {@link #write} gives to characters. */
  private static boolean isOfCharacters(JsonNode json) {
    JsonNode model = json.path("model");
    return NOTHING.stream().allMatch(key -> isNothing(json.path(key)))
        && json.path("decoder").path("type").asText().equals("Fuse")
        && model.path("type").asText("BPE").equals("BPE")
        && isNothing(model.path("merges"))
        && model.path("vocab").isObject();
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNull() || value.isMissingNode() || (value.isArray() && value.isEmpty());
  }

  private static CharTokenizer characters(Path file, JsonNode model) {
    JsonNode vocabulary = model.path("vocab");
    StringBuilder text = new StringBuilder();
    vocabulary.properties().forEach(entry -> text.append(entry.getKey()));
    if (text.isEmpty()) {
      throw new InputException(file + ": it has no tokens");
    }
    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      String character = entry.getKey();
      boolean one = character.codePointCount(0, character.length()) == 1;
      if (!one
          || !entry.getValue().isInt()
          || tokenizer.id(character.codePointAt(0)).orElse(-1) != entry.getValue().intValue()) {
        throw new InputException(
            "%s: its tokens are not single characters in the order of their code points"
                .formatted(file));
      }
    }
    JsonNode unknown = model.path("unk_token");
    if (unknown.isMissingNode() || unknown.isNull()) {
      return tokenizer;
    }
    if (!vocabulary.has(unknown.asText())) {
      throw new InputException("%s: unk_token %s is no token".formatted(file, unknown));
    }
    return tokenizer.withReplacement(unknown.asText().codePointAt(0));
  }

  /** Writes a tokenizer. */
  static String write(TextTokenizer tokenizer) {
    if (!(tokenizer instanceof CharTokenizer characters)) {
      return tokenizer.toJson();
    }
    ObjectNode json = JSON.createObjectNode();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    json.putArray("added_tokens");
    json.putNull("normalizer");
    json.putNull("pre_tokenizer");
    json.putNull("post_processor");
    json.putObject("decoder").put("type", "Fuse");
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE");
    model.putNull("dropout");
    model.put(
        "unk_token",
        characters.replacement().isPresent()
            ? characters.decode(characters.replacement().getAsInt())
            : null);
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < characters.vocabularySize(); id++) {
      vocabulary.put(characters.decode(id), id);
    }
    model.putArray("merges");
    return json.toPrettyString() + "\n";
  }
}
