package dev.pullback.train.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.store.JsonFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A trial: one configuration of an experiment. Its document says everything that decides what comes
 * out: task, model, data and their hash, optimiser and hyperparameters, budget, schedule, seed,
 * precision.
 *
 * @param experiment what it belongs to, such as {@code mnist} or {@code ablate-xi}
 * @param subject the data set or function, such as {@code shakespeare}
 * @param variant what is varied, or null
 * @param config the configuration, as {@code pullback train} would take it
 */
public record TrialSpec(String experiment, String subject, String variant, RunConfig config) {

  /** How many names {@link #folder} has below {@code trials}. */
  static final int FOLDERS = 4;

  private static final int VERSION = 2;
  private static final String DEFAULTS = "defaults";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What may differ between two calls that mean the same trial. */
  private static final List<String> CIRCUMSTANCES =
      List.of(
          "preset",
          "dataset",
          "data",
          "data-dir",
          "data-sha256",
          "epochs",
          "max-steps",
          "max-tokens",
          "max-seconds",
          "eval-interval",
          "save-interval",
          "keep-last",
          "keep-every",
          "log-interval",
          "device",
          "kernels",
          "threads");

  /** What changes no measurement of a study's trial. */
  private static final Set<String> PLACES =
      Set.of("preset", "dataset", "data", "data-dir", "save-interval", "keep-last", "keep-every");

  /**
   * Returns the trial's folder below that of the experiments.
   *
   * @return a relative path
   */
  public Path folder() {
    String optimizer = config.options().optimizer;
    String name = variant == null ? optimizer : optimizer + "-" + variant;
    String safe = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._=+-]+", "_");
    return Path.of("trials", experiment, subject, safe, "seed-" + config.options().seed);
  }

  /**
   * Returns the trial's document.
   *
   * @return a JSON object
   */
  public String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("version", VERSION);
    json.put("experiment", experiment);
    json.put("subject", subject);
    json.put("variant", variant);
    ObjectNode own = config.toJson();
    ObjectNode defaults = config.withDefaults().toJson();
    own.fieldNames().forEachRemaining(defaults::remove);
    json.set("config", own);
    json.set(DEFAULTS, defaults);
    return json.toPrettyString() + "\n";
  }

  /**
   * Reads a document.
   *
   * @param file what {@link #toJson} made
   * @return the trial
   * @throws InputException if it is none
   */
  public static TrialSpec read(Path file) {
    ObjectNode json = JsonFile.object(file, "a trial");
    JsonNode version = json.path("version");
    JsonNode variant = json.path("variant");
    if (!version.isInt()
        || version.intValue() != VERSION
        || !json.path("experiment").isTextual()
        || !json.path("subject").isTextual()
        || !(variant.isTextual() || variant.isNull())
        || !json.path("config").isObject()) {
      throw new InputException(
          "%s is no trial of version %d; choose another --out".formatted(file, VERSION));
    }
    return new TrialSpec(
        json.path("experiment").textValue(),
        json.path("subject").textValue(),
        variant.textValue(),
        asWritten(RunConfig.of(json.path("config"), file), json.path(DEFAULTS)));
  }

  /** The configuration with those defaults that were others when the document was written. */
  private static RunConfig asWritten(RunConfig config, JsonNode defaults) {
    Map<String, String> others = new LinkedHashMap<>();
    defaults.properties().forEach(entry -> others.put(entry.getKey(), entry.getValue().asText()));
    others.keySet().retainAll(config.with(others).differences(config.withDefaults()).keySet());
    return config.with(others);
  }

  /**
   * Tells what the measurements of a study's trial depend on and differs from another, data and
   * budget included.
   *
   * @param other a trial
   * @return keys of options
   */
  public List<String> measuredDifferences(TrialSpec other) {
    return differences(other, PLACES);
  }

  /** Tells what differs from another trial, but for budget, places and threads. */
  List<String> differences(TrialSpec other) {
    return differences(other, CIRCUMSTANCES);
  }

  private List<String> differences(TrialSpec other, Collection<String> leftOut) {
    List<String> keys = new ArrayList<>(config.differences(other.config).keySet());
    keys.removeAll(leftOut);
    return keys;
  }

  /** Returns the same trial with some options changed. */
  TrialSpec with(Map<String, String> changes) {
    return with(config.with(new LinkedHashMap<>(changes)));
  }

  /** Returns the same trial with another configuration. */
  TrialSpec with(RunConfig changed) {
    return new TrialSpec(experiment, subject, variant, changed);
  }
}
