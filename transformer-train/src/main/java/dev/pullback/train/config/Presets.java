package dev.pullback.train.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The bundled presets, one YAML resource each: options of model and recipe, and under {@code
 * optimizers} the options that every optimiser takes with this preset.
 */
public final class Presets {

  public static final String DEFAULT = "nanogpt-cpu";

  private static final List<String> NAMES = List.of(DEFAULT, "nanogpt", "paper");
  private static final String OPTIMIZERS = "optimizers";

  private Presets() {}

  /**
   * Returns a preset's options for one optimiser.
   *
   * @param name the preset
   * @param optimizer the optimiser, or null for the preset's own
   */
  public static ObjectNode options(String name, String optimizer) {
    if (!NAMES.contains(name)) {
      throw new InputException(
          "There is no preset '%s'; choose one of %s".formatted(name, String.join(", ", NAMES)));
    }
    ObjectNode options;
    try (InputStream in = Presets.class.getResourceAsStream("/presets/" + name + ".yaml")) {
      options = (ObjectNode) Yaml.MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    JsonNode byOptimizer = options.remove(OPTIMIZERS);
    String chosen = optimizer == null ? options.get("optimizer").asText() : optimizer;
    if (byOptimizer.get(chosen) instanceof ObjectNode own) {
      options.setAll(own);
    }
    return options;
  }
}
