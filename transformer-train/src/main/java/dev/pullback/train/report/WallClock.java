package dev.pullback.train.report;

import java.util.ArrayList;
import java.util.List;

/** Seconds of training for each step and epoch. */
final class WallClock {

  private WallClock() {}

  /** One task. */
  record Table(String title, List<Line> lines) {}

  /** One optimiser; the summaries are over its trials. */
  record Line(String name, Summary perStep, Summary perEpoch) {}

  /** Returns a table for every group whose trials took time. */
  static List<Table> of(List<TrialCurves> trials) {
    List<Table> tables = new ArrayList<>();
    CurveGroups.byGroupAndCurve(trials)
        .forEach(
            (title, curves) -> {
              List<Line> lines = new ArrayList<>();
              for (String name : Results.inOrder(List.copyOf(curves.keySet()))) {
                Line line =
                    new Line(
                        name,
                        Summary.of(seconds(curves.get(name), "step")),
                        Summary.of(seconds(curves.get(name), "epoch")));
                if (line.perStep().count() > 0) {
                  lines.add(line);
                }
              }
              if (!lines.isEmpty()) {
                tables.add(new Table(title, lines));
              }
            });
    return tables;
  }

  private static double[] seconds(List<TrialCurves> trials, String unit) {
    return trials.stream().mapToDouble(trial -> seconds(trial, unit)).toArray();
  }

  /**
   * Returns a trial's seconds a unit: the median over its epochs, which one pause of the machine
   * does not change.
   */
  private static double seconds(TrialCurves trial, String unit) {
    double[] seconds = trial.epochs().get("seconds");
    double[] count = trial.epochs().get(unit);
    if (seconds == null || count == null) {
      return Double.NaN;
    }
    double[] each = new double[count.length];
    for (int i = 0; i < each.length; i++) {
      each[i] =
          i == 0
              ? seconds[0] / count[0]
              : (seconds[i] - seconds[i - 1]) / (count[i] - count[i - 1]);
    }
    Summary summary = Summary.of(each);
    return summary.count() == 0 ? Double.NaN : summary.median();
  }
}
