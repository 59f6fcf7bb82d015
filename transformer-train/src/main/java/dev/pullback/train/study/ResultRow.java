package dev.pullback.train.study;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.store.JsonFile;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One trial of an experiment, as {@code results.json} holds it. What a trial does not have is null,
 * and left out of the file; but for {@code steps}, {@code final} and {@code best}, which are always
 * there.
 *
 * @param task such as {@code mnist}, {@code ablate-xi} or {@link #SEARCH}
 * @param function the function of two variables, if it is about one
 * @param subject what an ablation or a search ran on, such as {@code mnist}
 * @param variant what an ablation changed, such as {@code xi=0.001}, or {@link #BASE}; the number
 *     of a search's trial; {@link #SEARCHED} and that number where its hyperparameters ran again
 * @param optimizer the optimiser
 * @param seed the seed
 * @param hyperparameters numbers by name
 * @param steps steps to convergence on a function of two variables, else null
 * @param trainingSteps steps taken in {@code epochs}
 * @param epochs epochs trained
 * @param metric such as {@code test accuracy}
 * @param better {@code higher} or {@code lower}
 * @param last the metric at the end, on whole batches
 * @param best the best metric of any epoch, on whole batches
 * @param finalFull the metric at the end, on the whole split
 * @param bestFull the best metric of any epoch, on the whole split
 * @param loss the last held-out loss, as it is trained on; nats per token of a text
 * @param tokens tokens, images or rows trained on
 * @param failed whether the trial came to no result
 * @param failure why
 * @param seconds of training
 * @param trial folder of its measurements, relative to the experiment's
 * @param run how it was computed
 */
@JsonAutoDetect(isGetterVisibility = Visibility.NONE)
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResultRow(
    String task,
    String function,
    String subject,
    String variant,
    String optimizer,
    Long seed,
    Map<String, Double> hyperparameters,
    @JsonInclude(JsonInclude.Include.ALWAYS) Long steps,
    Long trainingSteps,
    Long epochs,
    String metric,
    String better,
    @JsonInclude(JsonInclude.Include.ALWAYS) @JsonProperty("final") Double last,
    @JsonInclude(JsonInclude.Include.ALWAYS) Double best,
    Double finalFull,
    Double bestFull,
    Double loss,
    Long tokens,
    boolean failed,
    String failure,
    Double seconds,
    String trial,
    Run run) {

  /** The task of searches for a least value. */
  public static final String LOW_DIMENSIONAL = "lowdim";

  /** The task of the trials of a search for hyperparameters. */
  public static final String SEARCH = "search";

  /** How the variant begins that has the best hyperparameters of a search. */
  public static final String SEARCHED = "searched-";

  /** The variant that others are compared with. */
  public static final String BASE = "base";

  /**
   * How a trial was computed.
   *
   * @param command what was called, the last time if it took several calls
   * @param engine the engine's name
   * @param device such as {@code cpu()} or {@code gpu(0)}; null if the trial never began here
   * @param precision {@code float32} or {@code mixed}
   * @param trainingExamples how many examples there were to train on
   * @param incomplete what was missing of the data set, such as {@code 1 of 5 training files}
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Run(
      String command,
      String engine,
      String device,
      String precision,
      Long trainingExamples,
      String incomplete) {}

  /** Fills in what everything else relies on. */
  public ResultRow {
    task = task == null ? "unnamed task" : task;
    optimizer = optimizer == null ? "unnamed optimiser" : optimizer;
    hyperparameters = hyperparameters == null ? Map.of() : hyperparameters;
    run = run == null ? new Run(null, null, null, null, null, null) : run;
    if (hyperparameters.values().stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException("a hyperparameter has no value");
    }
    if (trial != null && !isBelow(trial)) {
      throw new IllegalArgumentException("the trial is in no folder below: " + trial);
    }
  }

  private static boolean isBelow(String folder) {
    try {
      Path path = Path.of(folder);
      return !path.isAbsolute()
          && !folder.isBlank()
          && path.equals(path.normalize())
          && !path.startsWith("..");
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Takes what {@code row.json} holds.
   *
   * @param json its object
   * @param file the file
   * @throws dev.pullback.train.InputException if it is no trial
   */
  static ResultRow of(ObjectNode json, Path file) {
    return JsonFile.value(json, ResultRow.class, file, "the result of a trial");
  }

  /**
   * Finds the best trial: on a function of two variables the one that converged in the fewest
   * steps, or else came lowest; in training the one with the best metric of any epoch.
   *
   * @param rows trials that differ in their hyperparameters
   * @return the best, or empty if all failed
   */
  public static Optional<ResultRow> bestOf(List<ResultRow> rows) {
    return rows.stream()
        .filter(row -> !row.failed() && row.best() != null)
        .min(
            Comparator.comparing(
                    ResultRow::steps, Comparator.nullsLast(Comparator.<Long>naturalOrder()))
                .thenComparing(row -> row.lowerIsBetter() ? row.best() : -row.best()));
  }

  /** Returns what the trial is compared within: a task, a function, or an ablation's data set. */
  public String group() {
    return task
        + (function == null ? "" : " " + function)
        + (subject == null ? "" : " on " + subject)
        + (run.incomplete() == null ? "" : " (" + run.incomplete() + ")");
  }

  /** Returns the name that trials differing in their seed only share; a search's share one. */
  public String curve() {
    return variant == null || isSearch() ? optimizer : optimizer + ", " + variant;
  }

  public boolean onFunction() {
    return function != null;
  }

  public boolean isSearch() {
    return task.equals(SEARCH);
  }

  public boolean isSearched() {
    return variant != null && variant.startsWith(SEARCHED);
  }

  public boolean isAblation() {
    return variant != null && !isSearch() && !isSearched();
  }

  /** Returns whether the trial belongs beside the paper's table. */
  public boolean isComparison() {
    return variant == null || isSearched();
  }

  /** Returns whether a smaller metric is a better one, as it is for losses and function values. */
  public boolean lowerIsBetter() {
    return !"higher".equals(better);
  }
}
