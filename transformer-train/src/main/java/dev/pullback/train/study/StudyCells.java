package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.scaling.HyperparameterLaw;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The cells of a plan, size by size: which trials there are, and which can be run now. */
final class StudyCells {

  private final StudyPlan plan;
  private final Consumer<String> log;
  private final List<StudyCell> cells = new ArrayList<>();

  StudyCells(StudyPlan plan, TrialRunner runner, Consumer<String> log) {
    this.plan = plan;
    this.log = log;
    for (String size : plan.sizes().keySet()) {
      for (StudyPlan.Entry entry : plan.entries(size)) {
        StudyCell cell = new StudyCell(plan, runner, size, entry);
        if (!plan.sizes().get(size).byLaw()) {
          cell.tune(plan.tuning(size, entry));
        }
        cells.add(cell);
      }
    }
  }

  List<StudyCell> all() {
    return cells;
  }

  List<StudyCell> of(String size) {
    return cells.stream().filter(cell -> cell.size().equals(size)).toList();
  }

  Optional<StudyCell> of(String size, StudyPlan.Entry entry) {
    return of(size).stream().filter(cell -> cell.entry().equals(entry)).findFirst();
  }

  /** The cell of a trial that it knows. */
  StudyCell of(TrialSpec trial) {
    return cells.stream().filter(cell -> cell.begun().contains(trial)).findFirst().orElseThrow();
  }

  int over() {
    return cells.stream().mapToInt(StudyCell::over).sum();
  }

  int total() {
    return cells.stream().mapToInt(StudyCell::total).sum();
  }

  /** How many tuning trials there are, those that wait for laws included. */
  int tuning() {
    return cells.stream().mapToInt(cell -> trials(cell, false)).sum();
  }

  /** Whether no cell waits for what others show. */
  boolean areTuned() {
    return cells.stream().allMatch(StudyCell::isTuned);
  }

  /** What can be run of some entries, size by size, so that small sizes are complete first. */
  List<StudyCell.Open> open(Set<String> entries) {
    List<StudyCell.Open> open = new ArrayList<>();
    for (String size : plan.sizes().keySet()) {
      for (boolean tuned : new boolean[] {false, true}) {
        of(size).stream()
            .filter(cell -> cell.isTuned() == tuned && entries.contains(cell.entry().name()))
            .forEach(cell -> open.addAll(cell.open()));
      }
    }
    return open;
  }

  /** Takes the rows of trials that became complete, and chooses where tuning is. */
  void refresh() throws IOException {
    for (StudyCell cell : cells) {
      if (cell.waitsForLaws()) {
        followLaws(cell);
      }
      if (cell.refresh()) {
        Map<String, Double> tuned = cell.tuned();
        log.accept(cell + (tuned.isEmpty() ? ": all tuning trials failed" : ": tuned, " + tuned));
      }
    }
  }

  /** Takes hyperparameters from laws through the sizes where the entry is tuned. */
  private void followLaws(StudyCell cell) {
    List<String> sizes = plan.sizes().get(cell.size()).law();
    List<StudyCell> tuned =
        cells.stream()
            .filter(c -> c.entry().equals(cell.entry()) && sizes.contains(c.size()))
            .toList();
    if (!tuned.stream().allMatch(StudyCell::isTuned)) {
      return;
    }
    List<StudyCell> found = tuned.stream().filter(c -> !c.tuned().isEmpty()).toList();
    if (found.stream().map(this::weights).distinct().count() < 2) {
      cell.giveUp();
      log.accept(cell + ": tuning failed at too many sizes for a law");
      return;
    }
    Map<String, Double> predicted = new LinkedHashMap<>();
    for (String key : cell.entry().search().keySet()) {
      List<HyperparameterLaw.Optimum> optima =
          found.stream()
              .map(c -> new HyperparameterLaw.Optimum(weights(c), c.tuned().get(key)))
              .toList();
      predicted.put(key, HyperparameterLaw.of(optima).carriedTo(weights(cell)));
    }
    cell.tune(plan.bracket(cell.size(), cell.entry(), predicted));
    log.accept("%s: by law, %s".formatted(cell, predicted));
  }

  private double weights(StudyCell cell) {
    return plan.sizes().get(cell.size()).weights();
  }

  /**
   * Finds a trial by its place: all tuning trials come first, then all of the evaluation. Tells how
   * far it can be run.
   *
   * @throws InputException if there is no such trial, or it is not known before tuning is complete
   */
  StudyCell.Open trial(int number) {
    int tuning = tuning();
    int all = cells.stream().mapToInt(StudyCell::planned).sum();
    if (number < 0 || number >= all) {
      throw new InputException(
          "there is no trial %d; tuning has 0 to %d, evaluation %d to %d"
              .formatted(number, tuning - 1, tuning, all - 1));
    }
    boolean evaluation = number >= tuning;
    int place = evaluation ? number - tuning : number;
    for (StudyCell cell : cells) {
      int own = trials(cell, evaluation);
      if (place < own) {
        List<TrialSpec> known = evaluation ? cell.evaluation() : cell.tuning();
        if (known.isEmpty()) {
          throw unknown(number, cell, evaluation);
        }
        return cell.openOrOver(known.get(place));
      }
      place -= own;
    }
    throw new AssertionError("no cell has trial " + number);
  }

  private static InputException unknown(int number, StudyCell cell, boolean evaluation) {
    String why =
        !evaluation
            ? "it follows laws that smaller sizes have not shown"
            : cell.isTuned() ? "all of its tuning failed" : "tuning is not complete";
    return new InputException(
        "trial %d of %s is not known: %s".formatted(number, cell.entry().name(), why));
  }

  private int trials(StudyCell cell, boolean evaluation) {
    return evaluation
        ? plan.sizes().get(cell.size()).seeds().size()
        : plan.points(cell.size(), cell.entry());
  }
}
