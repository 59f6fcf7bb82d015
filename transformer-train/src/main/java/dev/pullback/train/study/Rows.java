package dev.pullback.train.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.task.Goal;
import dev.pullback.train.task.Task;
import dev.pullback.train.task.Tasks;
import dev.pullback.train.task.TestFunction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Makes the rows of {@code results.json}: what came of a trial. */
final class Rows {

  private Rows() {}

  /**
   * Makes the row of a trial.
   *
   * @param folder the trial's folder
   * @param failure why it failed, or null
   * @param run how it was computed
   */
  static ResultRow of(TrialSpec trial, Path folder, String failure, ResultRow.Run run) {
    RunOptions options = trial.config().options();
    Task task = Tasks.of(trial.config());
    Curve curve = new Curve(task.goal());
    Path metrics = folder.resolve("metrics.jsonl");
    if (Files.exists(metrics)) { // else the process died first
      MetricsFile.lines(metrics, "validation", curve::add);
    }
    Optional<TestFunction> function = TestFunction.byName(options.task);
    boolean trained = function.isEmpty();
    boolean solved = failure == null && function.filter(f -> f.isSolved(curve.full)).isPresent();
    return new ResultRow(
        trial.experiment(),
        trained ? null : trial.subject(),
        trained && !trial.experiment().equals(trial.subject()) ? trial.subject() : null,
        trial.variant(),
        options.optimizer,
        options.seed,
        trial.config().hyperparameters(),
        solved ? curve.step : null,
        trained ? curve.step : null,
        trained ? curve.epochs : null,
        task.metric(),
        task.goal() == Goal.LOWER ? "lower" : "higher",
        finite(curve.paper),
        finite(curve.bestPaper),
        trained ? finite(curve.full) : null,
        trained ? finite(curve.bestFull) : null,
        trained ? finite(curve.loss) : null,
        trained ? curve.tokens : null,
        failure != null,
        failure,
        trained ? curve.seconds : null,
        trial.folder().toString(),
        run);
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** The evaluations so far. */
  private static final class Curve {

    private final Goal goal;
    private Long step = 0L;
    private Long epochs = 0L;
    private Double seconds = 0.0;
    private double paper = Double.NaN;
    private double full = Double.NaN;
    private double bestPaper = Double.NaN;
    private double bestFull = Double.NaN;
    private double loss = Double.NaN;
    private Long tokens = 0L;

    Curve(Goal goal) {
      this.goal = goal;
    }

    void add(ObjectNode line) {
      step = line.path("step").asLong();
      epochs = line.path("epoch").asLong(epochs);
      seconds = line.path("seconds").asDouble();
      paper = line.path("paper").asDouble(Double.NaN);
      full = line.path("full").asDouble(Double.NaN);
      loss = line.path("loss").asDouble(Double.NaN);
      tokens = line.path("tokens").asLong();
      bestPaper = goal.better(paper, bestPaper) ? paper : bestPaper;
      bestFull = goal.better(full, bestFull) ? full : bestFull;
    }
  }
}
