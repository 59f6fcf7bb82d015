package dev.pullback.train.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TextFiles;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * Options as YAML. Keys are the flags' names without their dashes in front; unknown ones are
 * refused.
 */
public final class Yaml {

  public static final ObjectMapper MAPPER =
      YAMLMapper.builder(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER))
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Yaml() {}

  /** Reads a file of options, checking its keys and types. */
  public static ObjectNode read(Path file) {
    String text = TextFiles.read(file);
    try {
      JsonNode tree = MAPPER.readTree(text);
      if (tree instanceof ObjectNode options) {
        MAPPER.treeToValue(options, RunOptions.class);
        return options;
      }
      throw new InputException(file + ": expected lines of the form 'key: value'");
    } catch (UnrecognizedPropertyException e) {
      throw new InputException(
          "%s: unknown key '%s'; the keys are %s"
              .formatted(
                  file,
                  e.getPropertyName(),
                  e.getKnownPropertyIds().stream()
                      .map(Object::toString)
                      .sorted()
                      .collect(Collectors.joining(", "))),
          e);
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": " + firstLine(e.getOriginalMessage()), e);
    }
  }

  /** Turns layered options into fields. */
  public static RunOptions toOptions(ObjectNode tree) {
    try {
      return MAPPER.treeToValue(tree, RunOptions.class);
    } catch (JsonProcessingException e) {
      throw new InputException(firstLine(e.getOriginalMessage()), e);
    }
  }

  /** Writes options that are not null. */
  public static String write(RunOptions options) {
    try {
      return MAPPER.writeValueAsString(options);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("not valid");
  }
}
