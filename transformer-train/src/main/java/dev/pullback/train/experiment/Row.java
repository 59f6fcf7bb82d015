package dev.pullback.train.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A row of {@code results.json}: what came of a trial. Values that do not exist are null.
 *
 * @param task the experiment
 * @param function the function, for {@code lowdim}
 * @param subject the data set, for ablations
 * @param variant what an ablation varies
 * @param optimizer its name
 * @param seed the trial's seed
 * @param hyperparameters by name
 * @param steps to convergence for {@code lowdim}; else steps taken
 * @param epochs trained
 * @param metric what is measured
 * @param better {@code lower} or {@code higher}
 * @param finalValue the metric at the end, on whole batches
 * @param best the best of all epochs, on whole batches
 * @param finalFull at the end, on everything
 * @param bestFull the best, on everything
 * @param failed whether values ceased to be finite
 * @param failure how
 * @param seconds in training steps
 * @param trial the trial's folder, below that of the results
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Row(
    String task,
    String function,
    String subject,
    String variant,
    String optimizer,
    long seed,
    Map<String, Double> hyperparameters,
    @JsonInclude(JsonInclude.Include.ALWAYS) Long steps,
    Integer epochs,
    String metric,
    String better,
    @JsonProperty("final") Double finalValue,
    Double best,
    Double finalFull,
    Double bestFull,
    boolean failed,
    String failure,
    Double seconds,
    String trial) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Makes the row of a search for a least value. */
  static Row of(Trial trial, LowDimensionalTrial.Path path) {
    int last = path.f().size() - 1;
    Double value = last < 0 || !Double.isFinite(path.f().get(last)) ? null : path.f().get(last);
    Double best = path.f().stream().filter(Double::isFinite).min(Double::compare).orElse(null);
    return new Row(
        trial.task(),
        trial.subject(),
        null,
        trial.variant(),
        trial.optimizer(),
        trial.seed(),
        trial.hyperparameters(),
        path.steps() == null ? null : Long.valueOf(path.steps()),
        null,
        "f(x, y)",
        "lower",
        value,
        best,
        null,
        null,
        path.failure() != null,
        path.failure(),
        null,
        trial.folder().toString());
  }

  /**
   * Makes the row of a trial that trained for epochs.
   *
   * @param folder the trial's folder
   * @param failure why it failed, or null
   */
  static Row of(Trial trial, Subject subject, Path folder, String failure) throws IOException {
    Curve curve = new Curve(subject.goal());
    for (String line : Files.readAllLines(folder.resolve("epochs.jsonl"))) {
      curve.add(JSON.readTree(line));
    }
    boolean ablation = !trial.task().equals(trial.subject());
    return new Row(
        trial.task(),
        null,
        ablation ? trial.subject() : null,
        trial.variant(),
        trial.optimizer(),
        trial.seed(),
        trial.hyperparameters(),
        curve.steps,
        curve.epochs,
        subject.metric(),
        subject.goal() == Goal.LOWER ? "lower" : "higher",
        finite(curve.last.paper()),
        finite(curve.bestPaper),
        finite(curve.last.full()),
        finite(curve.bestFull),
        failure != null,
        failure,
        curve.seconds,
        trial.folder().toString());
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** The epochs so far. */
  private static final class Curve {

    private final Goal goal;
    private long steps;
    private int epochs;
    private double seconds;
    private Score last = new Score(Double.NaN, Double.NaN);
    private double bestPaper = Double.NaN;
    private double bestFull = Double.NaN;

    Curve(Goal goal) {
      this.goal = goal;
    }

    void add(JsonNode line) {
      steps = line.path("step").asLong();
      epochs = line.path("epoch").asInt();
      seconds = line.path("seconds").asDouble();
      last =
          new Score(
              line.path("paper").asDouble(Double.NaN), line.path("full").asDouble(Double.NaN));
      bestPaper = goal.better(last.paper(), bestPaper) ? last.paper() : bestPaper;
      bestFull = goal.better(last.full(), bestFull) ? last.full() : bestFull;
    }
  }
}
