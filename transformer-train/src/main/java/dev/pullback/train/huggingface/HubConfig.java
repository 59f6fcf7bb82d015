package dev.pullback.train.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.JsonFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A {@code config.json}, of which nothing is believed. A value of null is as good as none.
 *
 * @param file to be named
 * @param json what it holds
 */
record HubConfig(Path file, JsonNode json) {

  /** Where quantised models say how; their weights are not those of the model's shape. */
  private static final List<String> FORBIDDEN = List.of("quantization_config", "auto_map");

  /** Reads the file. */
  static HubConfig read(Path file) {
    ObjectNode json = JsonFile.object(file, "a model's configuration");
    HubConfig config = new HubConfig(file, json);
    for (String key : FORBIDDEN) {
      if (config.has(key)) {
        throw config.wrong(
            "it has %s; neither quantised weights nor models with code of their own can be imported"
                .formatted(key));
      }
    }
    return config;
  }

  InputException wrong(String reason) {
    return new InputException("%s: %s".formatted(file, reason));
  }

  boolean has(String key) {
    return !json.path(key).isMissingNode() && !json.path(key).isNull();
  }

  /** Returns an object inside this one. */
  HubConfig inner(String key) {
    if (!json.path(key).isObject()) {
      throw wrong(key + " is no object");
    }
    return new HubConfig(file, json.path(key));
  }

  String text(String key) {
    if (!json.path(key).isTextual()) {
      throw wrong("it has no %s that is a text".formatted(key));
    }
    return json.path(key).asText();
  }

  String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  int count(String key) {
    JsonNode value = json.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
      throw wrong(
          "%s must be a whole number of at least 1, but is %s"
              .formatted(key, value.isMissingNode() ? "missing" : value));
    }
    return value.asInt();
  }

  int count(String key, int fallback) {
    return has(key) ? count(key) : fallback;
  }

  double number(String key, double fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (!json.path(key).isNumber()) {
      throw wrong("%s must be a number, but is %s".formatted(key, json.path(key)));
    }
    return json.path(key).asDouble();
  }

  boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (!json.path(key).isBoolean()) {
      throw wrong("%s must be true or false, but is %s".formatted(key, json.path(key)));
    }
    return json.path(key).asBoolean();
  }

  /** Refuses flags that have another value than the one that is known here. */
  void require(Map<String, Boolean> flags) {
    flags.forEach(
        (key, known) -> {
          if (flag(key, known) != known) {
            throw wrong("%s: %s is not supported".formatted(key, !known));
          }
        });
  }

  /** Refuses values that are not known here. */
  void require(String key, String known) {
    if (!text(key, known).equals(known)) {
      throw wrong("%s is %s; only %s is supported".formatted(key, text(key), known));
    }
  }
}
