package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.BpeSettings.ByteLevel;
import dev.pullback.tokenizer.PostProcessor.Sequence;
import dev.pullback.tokenizer.PostProcessor.Template;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The {@code post_processor} of a {@code tokenizer.json}. */
final class PostProcessorJson {

  private static final String WHERE = "post_processor";
  private static final String SEQUENCE = "Sequence";
  private static final String TEMPLATE = "TemplateProcessing";
  private static final String SPECIAL = "SpecialToken";

  private PostProcessorJson() {}

  /**
   * Reads a post-processor.
   *
   * @return null for none
   * @throws IllegalArgumentException if it is one that is not supported; the message names it
   */
  static PostProcessor read(JsonNode json) {
    if (json.isNull() || json.isMissingNode()) {
      return null;
    }
    if (!json.path("type").asText().equals(SEQUENCE)) {
      return single(json);
    }
    BpeTokenizerJson.known(json, WHERE + ".", Set.of("type", "processors"));
    List<PostProcessor> parts = new ArrayList<>();
    json.path("processors").forEach(part -> parts.add(single(part)));
    if (parts.stream().filter(Template.class::isInstance).count() > 1) {
      throw invalid("post_processor Sequence with several templates is not supported");
    }
    return new Sequence(List.copyOf(parts));
  }

  private static PostProcessor single(JsonNode json) {
    JsonNode type = json.path("type");
    return switch (type.asText()) {
      case TEMPLATE -> template((ObjectNode) json);
      case BpeTokenizerJson.BYTE_LEVEL -> BpeTokenizerJson.byteLevel(json, WHERE);
      default ->
          throw invalid(
              ("%s %s is not supported, only \"ByteLevel\", \"TemplateProcessing\" and a"
                      + " \"Sequence\" of them are")
                  .formatted(WHERE, TokenizerFile.shown(type.isMissingNode() ? json : type)));
    };
  }

  private static Template template(ObjectNode json) {
    BpeTokenizerJson.known(json, WHERE + ".", Set.of("type", "single", "pair", "special_tokens"));
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    int texts = 0;
    for (JsonNode piece : json.path("single")) {
      if (piece.path("Sequence").path("id").asText().equals("A")) {
        texts++;
      } else if (piece.has(SPECIAL)) {
        (texts == 0 ? before : after).addAll(ids(json, piece.path(SPECIAL).path("id").asText()));
      } else {
        throw invalid("template piece %s is not supported".formatted(TokenizerFile.shown(piece)));
      }
    }
    if (texts != 1) {
      throw invalid(
          "the template \"single\" has the text %d times, only once is supported".formatted(texts));
    }
    return new Template(List.copyOf(before), List.copyOf(after), json);
  }

  private static List<Integer> ids(JsonNode template, String token) {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : template.path("special_tokens").path(token).path("ids")) {
      ids.add(BpeTokenizerJson.id(id, token));
    }
    if (ids.isEmpty()) {
      throw invalid(
          "the template has %s, for which its \"special_tokens\" have no id"
              .formatted(TokenizerFile.quoted(token)));
    }
    return ids;
  }

  /** Writes a post-processor; null is written as null. */
  static void write(ObjectNode to, PostProcessor processor) {
    if (processor == null) {
      to.putNull(WHERE);
    } else if (processor instanceof Sequence sequence) {
      ObjectNode json = to.putObject(WHERE).put("type", SEQUENCE);
      ArrayNode parts = json.putArray("processors");
      sequence.parts().forEach(part -> parts.add(written(part)));
    } else {
      to.set(WHERE, written(processor));
    }
  }

  private static ObjectNode written(PostProcessor single) {
    return single instanceof Template template
        ? template.json()
        : BpeTokenizerWriter.byteLevel(TokenizerFile.newObject(), (ByteLevel) single);
  }

  private static IllegalArgumentException invalid(String message) {
    return new IllegalArgumentException(message);
  }
}
