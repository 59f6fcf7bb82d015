package dev.pullback.train.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.data.TextFiles;
import dev.pullback.train.store.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a folder says about texts: {@code eos_token_id} of {@code generation_config.json} or else of
 * {@code config.json}; special tokens of {@code tokenizer_config.json}; the template of {@code
 * chat_template.jinja}, or else of {@code tokenizer_config.json}.
 */
final class HubConventions {

  private static final String END = "eos_token_id";
  private static final String TEMPLATE = "chat_template";
  static final String TEMPLATE_FILE = "chat_template.jinja";
  private static final String SUFFIX = "_token";
  private static final long MOST_BYTES = 1 << 20;

  private HubConventions() {}

  /** Reads a folder with a {@code config.json}; the other files may be missing. */
  static TextConventions read(Path folder, HubConfig config) {
    HubConfig generation = optional(folder.resolve("generation_config.json"));
    HubConfig words = optional(folder.resolve("tokenizer_config.json"));
    Map<String, String> special = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : words.json().properties()) {
      JsonNode token =
          entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
      if (entry.getKey().endsWith(SUFFIX) && token.isTextual()) {
        special.put(entry.getKey(), token.asText());
      }
    }
    return new TextConventions(
        endTokens(generation.has(END) ? generation : config), special, template(folder, words));
  }

  /**
   * Adds what is said to the files of an export.
   *
   * @param config becomes {@code config.json}
   * @param words becomes {@code tokenizer_config.json}
   */
  static void write(TextConventions conventions, ObjectNode config, ObjectNode words) {
    Set<Integer> ends = conventions.endTokens();
    if (ends.size() == 1) {
      config.put(END, ends.iterator().next());
    } else if (!ends.isEmpty()) {
      ends.forEach(config.putArray(END)::add);
    }
    conventions.specialTokens().forEach(words::put);
  }

  private static boolean hasContent(Path file) {
    try {
      return Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > 0);
    } catch (IOException e) {
      return true; // reading it says why
    }
  }

  private static HubConfig optional(Path file) {
    ObjectNode json =
        Files.exists(file)
            ? JsonFile.object(file, "a model's configuration")
            : JsonNodeFactory.instance.objectNode();
    return new HubConfig(file, json);
  }

  /** One, several or none. */
  private static Set<Integer> endTokens(HubConfig config) {
    Set<Integer> tokens = new TreeSet<>();
    if (!config.has(END)) {
      return tokens;
    }
    JsonNode value = config.json().path(END);
    for (JsonNode token : value.isArray() ? value : List.of(value)) {
      if (!token.isIntegralNumber() || !token.canConvertToInt() || token.asInt() < 0) {
        throw config.wrong(END + " must be a token or a list of tokens, but is " + value);
      }
      tokens.add(token.asInt());
    }
    return tokens;
  }

  /** Several templates have names; the one for conversations is called the default. */
  private static String template(Path folder, HubConfig words) {
    Path file = folder.resolve(TEMPLATE_FILE);
    if (hasContent(file)) {
      return TextFiles.read(file, MOST_BYTES);
    }
    JsonNode template = words.json().path(TEMPLATE);
    if (!words.has(TEMPLATE)) {
      return "";
    }
    if (template.isTextual()) {
      return template.asText();
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return named.path("template").asText();
      }
    }
    throw new InputException(
        "%s: %s is neither a text nor a list with a default".formatted(words.file(), TEMPLATE));
  }
}
