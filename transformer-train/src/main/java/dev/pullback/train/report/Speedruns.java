package dev.pullback.train.report;

import dev.pullback.train.paper.PaperFigures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** How long trials took to a target: epochs and seconds of training. */
final class Speedruns {

  /** Written as the paper writes them. */
  private static final Map<String, List<String>> TARGETS =
      Map.of(
          "shakespeare", List.of("12", "10", "8", "6"),
          "cifar10", List.of("0.70", "0.75", "0.80", "0.82"));

  private Speedruns() {}

  /** One task. */
  record Speedrun(String title, String metric, List<String> targets, List<Line> lines) {}

  /** One optimiser, a cell for each target. */
  record Line(String optimizer, List<Cell> cells) {}

  /**
   * One optimiser and target. A trial that never got there counts as later than any other, so a
   * median is missing when half of the trials or more did not.
   *
   * @param paperEpochs of the paper's best run, or null
   * @param epochs median, or null
   * @param seconds median, or null
   * @param reached how many trials got there
   * @param runs how many were to
   */
  record Cell(Integer paperEpochs, Double epochs, Double seconds, int reached, int runs) {}

  /** Returns the tasks that have targets, from trials that are no ablations. */
  static List<Speedrun> of(PaperFigures paper, List<TrialCurves> trials) {
    Map<String, List<TrialCurves>> byTask = new LinkedHashMap<>();
    for (TrialCurves trial : trials) {
      if (TARGETS.containsKey(trial.row().task()) && trial.row().isComparison()) {
        byTask.computeIfAbsent(trial.row().task(), k -> new ArrayList<>()).add(trial);
      }
    }
    List<Speedrun> speedruns = new ArrayList<>();
    byTask.forEach(
        (task, ours) -> {
          List<String> names = ours.stream().map(trial -> trial.row().curve()).toList();
          speedruns.add(
              new Speedrun(
                  ours.get(0).row().group(),
                  ours.get(0).row().metric(),
                  TARGETS.get(task),
                  Results.inOrder(names).stream()
                      .map(name -> line(paper, task, name, ours))
                      .toList()));
        });
    return speedruns;
  }

  private static Line line(PaperFigures paper, String task, String name, List<TrialCurves> trials) {
    List<TrialCurves> own =
        trials.stream().filter(trial -> trial.row().curve().equals(name)).toList();
    String optimizer = own.get(0).row().optimizer();
    return new Line(
        name,
        TARGETS.get(task).stream()
            .map(target -> cell(paper.epochsTo(task, optimizer, target), target, own))
            .toList());
  }

  private static Cell cell(OptionalInt published, String target, List<TrialCurves> trials) {
    double[] epochs = new double[trials.size()];
    double[] seconds = new double[trials.size()];
    int reached = 0;
    for (int i = 0; i < epochs.length; i++) {
      int at = firstAt(trials.get(i), Double.parseDouble(target));
      epochs[i] = at < 0 ? Double.POSITIVE_INFINITY : trials.get(i).epochs().get("epoch")[at];
      seconds[i] = at < 0 ? Double.POSITIVE_INFINITY : trials.get(i).epochs().get("seconds")[at];
      reached += at < 0 ? 0 : 1;
    }
    return new Cell(
        published.isPresent() ? published.getAsInt() : null,
        median(epochs),
        median(seconds),
        reached,
        trials.size());
  }

  /** Returns the row of the first epoch that reached the target, or -1. */
  private static int firstAt(TrialCurves trial, double target) {
    double[] metric = trial.metric();
    boolean lower = trial.row().lowerIsBetter();
    for (int i = 0; i < metric.length; i++) {
      if (lower ? metric[i] <= target : metric[i] >= target) {
        return i;
      }
    }
    return -1;
  }

  private static Double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    return Double.isFinite(median) ? median : null;
  }
}
