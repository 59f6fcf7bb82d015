package dev.pullback.train.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The best hyperparameters of the paper's sweeps, {@code paper/best-hyperparameters.json} and
 * {@code paper/low-dimensional.json}, and ours for what the paper leaves out, {@code
 * paper/additions.json}.
 */
final class PublishedHyperparameters {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode BEST = read("best-hyperparameters");
  private static final JsonNode LOW_DIMENSIONAL = read("low-dimensional");
  private static final JsonNode ADDITIONS = read("additions");

  private PublishedHyperparameters() {}

  /** Finds an optimiser's hyperparameters for a data set. */
  static Optional<Map<String, Double>> of(String subject, String optimizer) {
    JsonNode published = BEST.path(subject).path("optimizers").path(optimizer);
    JsonNode values = published.path("hyperparameters");
    if (values.isMissingNode()) {
      values = ADDITIONS.path(subject).path(optimizer);
    }
    return values.isMissingNode() ? Optional.empty() : Optional.of(numbers(values));
  }

  /** Returns optimiser and hyperparameters of all published searches of a function. */
  static Map<String, Map<String, Double>> of(TestFunction function) {
    Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
    for (JsonNode row : LOW_DIMENSIONAL.path("rows")) {
      if (row.path("function").asText().equals(function.lowerCaseName())) {
        rows.put(row.path("optimizer").asText(), numbers(row.path("hyperparameters")));
      }
    }
    return rows;
  }

  private static Map<String, Double> numbers(JsonNode node) {
    Map<String, Double> numbers = new TreeMap<>();
    node.properties().forEach(entry -> numbers.put(entry.getKey(), entry.getValue().asDouble()));
    return numbers;
  }

  private static JsonNode read(String name) {
    try (InputStream in =
        PublishedHyperparameters.class.getResourceAsStream("/paper/" + name + ".json")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
