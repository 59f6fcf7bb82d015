package dev.pullback.train.paper;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The best hyperparameters of the paper's sweeps, and ours for what the paper leaves out. */
public final class PublishedHyperparameters {

  private static final PaperFigures PAPER = PaperFigures.load();

  /** By data set and optimiser. */
  private static final Map<String, Map<String, Map<String, Double>>> ADDITIONS = readAdditions();

  private PublishedHyperparameters() {}

  /**
   * Finds an optimiser's hyperparameters for a data set.
   *
   * @param subject {@code regression}, {@code mnist}, {@code cifar10} or {@code shakespeare}
   * @param optimizer its name
   * @return values by name; empty where there are none
   */
  public static Optional<Map<String, Double>> of(String subject, String optimizer) {
    return PAPER
        .best(subject, optimizer)
        .map(PaperFigures.Best::hyperparameters)
        .or(() -> Optional.ofNullable(ADDITIONS.getOrDefault(subject, Map.of()).get(optimizer)));
  }

  /**
   * Returns all published searches of a function of two variables.
   *
   * @param function its name, such as {@code beale}
   * @return hyperparameters by optimiser
   */
  public static Map<String, Map<String, Double>> ofFunction(String function) {
    Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
    for (PaperFigures.LowDimensional row : PAPER.lowDimensional()) {
      if (row.function().equals(function)) {
        rows.put(row.optimizer(), row.hyperparameters());
      }
    }
    return rows;
  }

  private static Map<String, Map<String, Map<String, Double>>> readAdditions() {
    try (InputStream in =
        PublishedHyperparameters.class.getResourceAsStream("/paper/additions.json")) {
      ObjectMapper json = new ObjectMapper();
      return json.convertValue(json.readTree(in).get("hyperparameters"), new TypeReference<>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
