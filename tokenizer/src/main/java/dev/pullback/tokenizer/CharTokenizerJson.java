package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** The JSON form of a {@link CharTokenizer}. */
final class CharTokenizerJson {

  static final String TYPE = "character";

  private static final int VERSION = 1;
  private static final String CHARACTERS = "characters";
  private static final String REPLACEMENT = "replacement";
  private static final Set<String> KEYS = Set.of("type", "version", CHARACTERS, REPLACEMENT);

  private CharTokenizerJson() {}

  static String write(CharTokenizer tokenizer) {
    ObjectNode json = TokenizerFile.newObject();
    json.put("type", TYPE);
    json.put("version", VERSION);
    ArrayNode characters = json.putArray(CHARACTERS);
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      characters.add(Character.toString(tokenizer.codePoint(id)));
    }
    json.put(
        REPLACEMENT,
        tokenizer.replacement().isPresent()
            ? Character.toString(tokenizer.replacement().getAsInt())
            : null);
    return json.toString();
  }

  /**
   * Reads a tokenizer. An absent replacement is the same as null.
   *
   * @throws IllegalArgumentException if the object is not a character tokenizer of this version
   */
  static CharTokenizer read(ObjectNode json) {
    String type = TokenizerFile.type(json);
    if (!type.equals(TYPE)) {
      throw invalid(
          "tokenizer type is %s, expected \"%s\""
              .formatted(TokenizerFile.shown(json.path("type")), TYPE));
    }
    JsonNode version = json.path("version");
    if (!version.isInt() || version.intValue() != VERSION) {
      throw invalid("\"version\" is " + TokenizerFile.shown(version) + ", expected " + VERSION);
    }
    for (Map.Entry<String, JsonNode> property : json.properties()) {
      if (!KEYS.contains(property.getKey())) {
        throw invalid("unknown key " + TokenizerFile.shown(TextNode.valueOf(property.getKey())));
      }
    }
    CharTokenizer tokenizer = CharTokenizer.ofSorted(codePoints(json.path(CHARACTERS)));
    JsonNode replacement = json.path(REPLACEMENT);
    return replacement.isMissingNode() || replacement.isNull()
        ? tokenizer
        : tokenizer.withReplacement(codePoint(replacement, "\"replacement\""));
  }

  private static int[] codePoints(JsonNode characters) {
    if (!characters.isArray() || characters.isEmpty()) {
      throw invalid("\"characters\" is missing, empty or not an array");
    }
    int[] codePoints = new int[characters.size()];
    for (int i = 0; i < codePoints.length; i++) {
      codePoints[i] = codePoint(characters.get(i), "\"characters\"[" + i + "]");
      if (i > 0 && codePoints[i] <= codePoints[i - 1]) {
        throw invalid(
            "\"characters\"[%d], %s, must come after %s in code point order, without duplicates"
                .formatted(
                    i, CodePoints.describe(codePoints[i]), CodePoints.describe(codePoints[i - 1])));
      }
    }
    return codePoints;
  }

  private static int codePoint(JsonNode node, String where) {
    OptionalInt codePoint =
        node.isTextual() ? CodePoints.single(node.textValue()) : OptionalInt.empty();
    return codePoint.orElseThrow(
        () ->
            invalid(
                where
                    + " is "
                    + TokenizerFile.shown(node)
                    + ", expected a string of one character"));
  }

  private static IllegalArgumentException invalid(String message) {
    return new IllegalArgumentException(message);
  }
}
