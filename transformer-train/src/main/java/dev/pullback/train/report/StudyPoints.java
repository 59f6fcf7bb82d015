package dev.pullback.train.report;

import dev.pullback.train.scaling.LossPoint;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The complete evaluation trials of a study of text, as laws are fitted to them.
 *
 * @param points those of the baseline first, the rest in the plan's order
 * @param notes a sentence for each optimiser that has trials which are no points
 */
record StudyPoints(List<LossPoint> points, List<String> notes) {

  /** What a point is of; two sizes of a plan may have the same model and budget. */
  private record Place(double parameters, double tokens, long seed) {}

  static StudyPoints of(StudyPlan plan, List<StudyRow> rows, String baseline) {
    List<LossPoint> points = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<String> names = plan.entries().stream().map(StudyPlan.Entry::name).toList();
    Stream.concat(Stream.of(baseline), names.stream().filter(name -> !name.equals(baseline)))
        .forEach(name -> add(plan, evaluated(rows, name), name, points, notes));
    Set<String> seen = points.stream().map(LossPoint::optimizer).collect(Collectors.toSet());
    List<String> unseen = names.stream().filter(name -> !seen.contains(name)).toList();
    if (!unseen.isEmpty()) {
      notes.add(
          "No evaluation trial is complete of %s, so no law has it."
              .formatted(String.join(", ", unseen)));
    }
    return new StudyPoints(List.copyOf(points), List.copyOf(notes));
  }

  private static List<StudyRow> evaluated(List<StudyRow> rows, String name) {
    return rows.stream().filter(row -> row.optimizer().equals(name) && row.isEvaluation()).toList();
  }

  private static void add(
      StudyPlan plan,
      List<StudyRow> rows,
      String name,
      List<LossPoint> points,
      List<String> notes) {
    Set<Place> places = new HashSet<>();
    int left = 0;
    for (StudyRow row : rows) {
      if (!row.isComplete()) {
        continue;
      }
      boolean usable = row.tokens() != null && row.tokens() > 0 && row.loss() > 0;
      double parameters = plan.sizes().get(row.size()).weights();
      if (usable && places.add(new Place(parameters, row.tokens(), row.seed()))) {
        points.add(new LossPoint(name, parameters, row.tokens(), row.seed(), row.loss()));
      } else {
        left++;
      }
    }
    long failed = rows.stream().filter(r -> r.status() == StudyRow.Status.FAILED).count();
    if (failed > 0) {
      notes.add("%s: %d evaluation trials failed and are no points.".formatted(name, failed));
    }
    if (left > 0) {
      notes.add(
          "%s: %d evaluation trials are left out, without tokens or a loss above 0, or with the model, budget and seed of another."
              .formatted(name, left));
    }
  }
}
