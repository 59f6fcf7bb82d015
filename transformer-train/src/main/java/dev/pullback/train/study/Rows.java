package dev.pullback.train.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.task.Goal;
import dev.pullback.train.task.LowDimensionalTrial;
import dev.pullback.train.task.Score;
import dev.pullback.train.task.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes the rows of {@code results.json}: what came of a trial. */
public final class Rows {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Rows() {}

  /** Makes the row of a search for a least value. */
  public static ResultRow of(Trial trial, LowDimensionalTrial.Path path, ResultRow.Run run) {
    int last = path.f().size() - 1;
    Double value = last < 0 || !Double.isFinite(path.f().get(last)) ? null : path.f().get(last);
    Double best = path.f().stream().filter(Double::isFinite).min(Double::compare).orElse(null);
    return new ResultRow(
        trial.task(),
        trial.subject(),
        null,
        trial.variant(),
        trial.optimizer(),
        trial.seed(),
        trial.hyperparameters(),
        path.steps() == null ? null : Long.valueOf(path.steps()),
        null,
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
        trial.folder().toString(),
        run);
  }

  /**
   * Makes the row of a trial that trained for epochs.
   *
   * @param folder the trial's folder
   * @param failure why it failed, or null
   * @param run how it was computed
   */
  public static ResultRow of(
      Trial trial, Subject subject, Path folder, String failure, ResultRow.Run run)
      throws IOException {
    Curve curve = new Curve(subject.goal());
    for (String line : Files.readAllLines(folder.resolve("epochs.jsonl"))) {
      curve.add(JSON.readTree(line));
    }
    boolean ablation = !trial.task().equals(trial.subject());
    return new ResultRow(
        trial.task(),
        null,
        ablation ? trial.subject() : null,
        trial.variant(),
        trial.optimizer(),
        trial.seed(),
        trial.hyperparameters(),
        null,
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
        trial.folder().toString(),
        run);
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** The epochs so far. */
  private static final class Curve {

    private final Goal goal;
    private long steps;
    private long epochs;
    private double seconds;
    private Score last = new Score(Double.NaN, Double.NaN);
    private double bestPaper = Double.NaN;
    private double bestFull = Double.NaN;

    Curve(Goal goal) {
      this.goal = goal;
    }

    void add(JsonNode line) {
      steps = line.path("step").asLong();
      epochs = line.path("epoch").asLong();
      seconds = line.path("seconds").asDouble();
      last =
          new Score(
              line.path("paper").asDouble(Double.NaN), line.path("full").asDouble(Double.NaN));
      bestPaper = goal.better(last.paper(), bestPaper) ? last.paper() : bestPaper;
      bestFull = goal.better(last.full(), bestFull) ? last.full() : bestFull;
    }
  }
}
