package dev.pullback.train.paper;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The figures that T. R. Harvey published in "The Optimiser Hidden in Plain Sight" (arXiv
 * 2509.03594, 2025): the best hyperparameters of each sweep, what they reached, and the runs on
 * low-dimensional functions.
 */
public final class PaperFigures {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode tasks;
  private final List<LowDimensional> lowDimensional;

  private PaperFigures(JsonNode tasks, List<LowDimensional> lowDimensional) {
    this.tasks = tasks;
    this.lowDimensional = lowDimensional;
  }

  /**
   * The best run of one optimiser's sweep on one task.
   *
   * @param hyperparameters its hyperparameters by the paper's names, such as {@code lr}
   * @param best the best metric of any epoch
   * @param last the metric of the last epoch
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Best(
      Map<String, Double> hyperparameters, double best, @JsonProperty("final") double last) {}

  /**
   * A run on a function of two variables.
   *
   * @param function its name, such as {@code beale}
   * @param optimizer the optimiser
   * @param hyperparameters its hyperparameters by the paper's names
   * @param steps steps to convergence, or null where none are published
   * @param last the function's value there, or null where none is published
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record LowDimensional(
      String function,
      String optimizer,
      Map<String, Double> hyperparameters,
      Integer steps,
      @JsonProperty("final") Double last) {}

  /**
   * An optimiser's 50 best sweep runs on one task.
   *
   * @param mean the mean of their best metrics
   * @param standardDeviation its spread
   */
  public record TopFifty(double mean, double standardDeviation) {}

  /**
   * Reads the figures, which are part of the program.
   *
   * @return the figures
   */
  public static PaperFigures load() {
    List<LowDimensional> rows = new ArrayList<>();
    for (JsonNode row : read("low-dimensional.json").get("rows")) {
      rows.add(JSON.convertValue(row, LowDimensional.class));
    }
    return new PaperFigures(read("best-hyperparameters.json"), List.copyOf(rows));
  }

  private static JsonNode read(String name) {
    try (InputStream in = PaperFigures.class.getResourceAsStream("/paper/" + name)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the optimisers that were published for a task.
   *
   * @param task {@code regression}, {@code mnist}, {@code cifar10} or {@code shakespeare}
   * @return their names; none for another task
   */
  public List<String> optimizers(String task) {
    List<String> names = new ArrayList<>();
    tasks.path(task).path("optimizers").fieldNames().forEachRemaining(names::add);
    return names;
  }

  /**
   * Returns the best run of a sweep.
   *
   * @param task {@code regression}, {@code mnist}, {@code cifar10} or {@code shakespeare}
   * @param optimizer the optimiser
   * @return the run, or empty where none is published
   */
  public Optional<Best> best(String task, String optimizer) {
    JsonNode node = tasks.path(task).path("optimizers").path(optimizer);
    if (!node.isObject()) {
      return Optional.empty();
    }
    Best best = JSON.convertValue(node, Best.class);
    if (optimizer.equals("muon")) { // the paper calls its momentum beta
      best.hyperparameters().put("momentum", best.hyperparameters().remove("beta"));
    }
    return Optional.of(best);
  }

  /**
   * Returns the spread over a sweep's best runs.
   *
   * @param task {@code mnist}, {@code cifar10} or {@code shakespeare}
   * @param optimizer the optimiser
   * @return mean and standard deviation, or empty where none is published
   */
  public Optional<TopFifty> topFifty(String task, String optimizer) {
    JsonNode node = tasks.path("top50").path(task).path(optimizer);
    return node.isArray()
        ? Optional.of(new TopFifty(node.get(0).asDouble(), node.get(1).asDouble()))
        : Optional.empty();
  }

  /**
   * Returns how many epochs the best run took to a target.
   *
   * @param task {@code cifar10} or {@code shakespeare}
   * @param optimizer the optimiser
   * @param target an accuracy such as {@code 0.70}, or a perplexity such as {@code 12}
   * @return the epochs, or empty where none are published
   */
  public OptionalInt epochsTo(String task, String optimizer, String target) {
    String list = task.equals("cifar10") ? "epochsToAccuracy" : "epochsToPerplexity";
    JsonNode node = tasks.path(task).path(list).path(optimizer).path(target);
    return node.isInt() ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
  }

  /**
   * Returns the runs on functions of two variables.
   *
   * @return all of them, in the order of the publication's tables
   */
  public List<LowDimensional> lowDimensional() {
    return lowDimensional;
  }

  /**
   * Returns the run on a function of two variables.
   *
   * @param function its name, such as {@code beale}
   * @param optimizer the optimiser
   * @return the run, or empty where none is published
   */
  public Optional<LowDimensional> lowDimensional(String function, String optimizer) {
    return lowDimensional.stream()
        .filter(row -> row.function().equals(function) && row.optimizer().equals(optimizer))
        .findFirst();
  }
}
