package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Curves for the page, thinned so that hundreds of trials fit into a few megabytes. */
final class CurveGroups {

  private static final int POINTS = 400;

  /** Points of all curves of one kind together. */
  private static final int BUDGET = 40_000;

  private static final int FEWEST = 50;

  private CurveGroups() {}

  /** The curves that are drawn together. */
  record Group(
      String title, String function, String metric, boolean lowerIsBetter, List<Series> series) {}

  /** The trials that share a name and a colour. */
  record Series(String name, int colour, List<Trial> trials) {}

  /** One trial's columns by name. */
  record Trial(
      Long seed,
      boolean failed,
      Map<String, List<Double>> epochs,
      Map<String, List<Double>> steps,
      Map<String, List<Double>> path) {}

  /** Returns all groups that have something to draw. */
  static List<Group> of(Results results, List<TrialCurves> trials) {
    int points = Math.max(FEWEST, Math.min(POINTS, BUDGET / Math.max(1, trials.size())));
    Map<String, Map<String, List<TrialCurves>>> groups = byGroupAndCurve(trials);
    List<Group> drawn = new ArrayList<>();
    groups.forEach(
        (title, curves) -> {
          List<Series> series = new ArrayList<>();
          for (String name : Results.inOrder(List.copyOf(curves.keySet()))) {
            ResultRow row = curves.get(name).get(0).row();
            int colour = colour(results, row, series.size());
            series.add(
                new Series(
                    name, colour, curves.get(name).stream().map(t -> trial(t, points)).toList()));
          }
          ResultRow first = curves.values().iterator().next().get(0).row();
          drawn.add(
              new Group(title, first.function(), first.metric(), first.lowerIsBetter(), series));
        });
    return drawn;
  }

  /** Returns a curve's colour: its optimiser's, dashed after a search; in ablations the next. */
  static int colour(Results results, ResultRow row, int next) {
    int own = results.optimizers().indexOf(row.optimizer());
    return row.isAblation() ? next : row.isSearched() ? own + Palette.size() : own;
  }

  /** Sorts the trials that measured anything. */
  static Map<String, Map<String, List<TrialCurves>>> byGroupAndCurve(List<TrialCurves> trials) {
    Map<String, Map<String, List<TrialCurves>>> groups = new LinkedHashMap<>();
    for (TrialCurves trial : trials) {
      if (trial.epochs().rows() + trial.steps().rows() > 0) {
        groups
            .computeIfAbsent(trial.row().group(), k -> new LinkedHashMap<>())
            .computeIfAbsent(trial.row().curve(), k -> new ArrayList<>())
            .add(trial);
      }
    }
    return groups;
  }

  private static Trial trial(TrialCurves trial, int points) {
    return new Trial(
        trial.row().seed(),
        trial.row().failed(),
        trial.epochs().thin(points),
        trial.steps().thin(points),
        trial.path().thin(points));
  }
}
