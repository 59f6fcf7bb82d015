package dev.pullback.train.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.paper.PublishedHyperparameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The bundled presets, one YAML resource each: options of task, model and recipe. Under {@code
 * optimizers} stand the options that each optimiser takes with the preset; {@code published} names
 * the data set of the paper whose best hyperparameters apply.
 */
public final class Presets {

  /** The preset of a run that names none. */
  public static final String DEFAULT = "nanogpt-cpu";

  /** The recipe of a run that begins with the model of another. */
  public static final String FINETUNE = "finetune";

  private static final List<String> NAMES =
      List.of(
          DEFAULT,
          "nanogpt",
          "nanollama-cpu",
          FINETUNE,
          "paper",
          "paper-regression",
          "paper-mnist",
          "paper-cifar10",
          "paper-lowdim");

  private static final String COMMON = "defaults";
  private static final String OPTIMIZERS = "optimizers";
  private static final String PUBLISHED = "published";

  private Presets() {}

  /**
   * Lists the presets.
   *
   * @return their names, the default first
   */
  public static List<String> names() {
    return NAMES;
  }

  /** Returns the preset of what is asked for without one. */
  static String of(Map<String, String> said) {
    String task = said.get("task");
    if (task == null || task.equals("text")) {
      String family = said.getOrDefault("family", "").toUpperCase(Locale.ROOT);
      return said.containsKey("from")
          ? FINETUNE
          : Stream.of(Family.values())
              .filter(each -> each.name().equals(family))
              .findFirst()
              .orElse(Family.GPT)
              .preset();
    }
    String own = "paper-" + task;
    return NAMES.contains(own) ? own : "paper-lowdim";
  }

  /** Returns what all presets start from. */
  static Map<String, String> common() {
    Map<String, String> options = new LinkedHashMap<>();
    putAll(options, read(COMMON));
    return options;
  }

  /**
   * Returns a preset's options for one optimiser.
   *
   * @param name the preset
   * @param optimizer the optimiser, or null for the preset's own
   * @return values by key
   */
  static Map<String, String> options(String name, String optimizer) {
    if (!NAMES.contains(name)) {
      throw new InputException(
          "There is no preset '%s'; choose one of %s".formatted(name, String.join(", ", NAMES)));
    }
    JsonNode preset = read(name);
    Map<String, String> options = common();
    putAll(options, preset);
    String chosen = optimizer == null ? options.get("optimizer") : optimizer;
    putAll(options, preset.path(OPTIMIZERS).path(chosen));
    PublishedHyperparameters.of(preset.path(PUBLISHED).asText(""), chosen)
        .ifPresent(
            values ->
                values.forEach((key, value) -> options.put(key.replace('_', '-'), "" + value)));
    return options;
  }

  private static void putAll(Map<String, String> options, JsonNode values) {
    values
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isValueNode() && !entry.getKey().equals(PUBLISHED)) {
                options.put(entry.getKey(), entry.getValue().asText());
              }
            });
  }

  private static JsonNode read(String name) {
    try (InputStream in = Presets.class.getResourceAsStream("/presets/" + name + ".yaml")) {
      return new YAMLMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
