package dev.pullback.train.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * An entry of a plan at a size: its trials, and which of them are to be run. All of it follows from
 * what the trials' folders hold.
 */
final class StudyCell {

  private final StudyPlan plan;
  private final TrialRunner runner;
  private final String size;
  private final StudyPlan.Entry entry;
  private final Map<Path, ResultRow> complete = new HashMap<>();
  private final Map<Path, ResultRow> pruned = new HashMap<>();
  private final Map<Path, Map<Integer, Double>> losses = new HashMap<>();
  private final Map<Path, Map<String, Double>> logged = new HashMap<>();

  /** Empty until the laws that it follows are known. */
  private List<TrialSpec> tuning = List.of();

  /** The tuning trials that no comparison has left behind so far. */
  private List<TrialSpec> finalists = List.of();

  /** Null until tuning is complete; empty if all of it failed. */
  private List<TrialSpec> evaluation;

  private List<Open> open = List.of();

  /**
   * A trial that can be run.
   *
   * @param trial the trial
   * @param until the step of the evaluation after which it waits for others, or {@link
   *     TrialRunner#TO_ITS_END}
   */
  record Open(TrialSpec trial, long until) {}

  StudyCell(StudyPlan plan, TrialRunner runner, String size, StudyPlan.Entry entry) {
    this.plan = plan;
    this.runner = runner;
    this.size = size;
    this.entry = entry;
  }

  String size() {
    return size;
  }

  StudyPlan.Entry entry() {
    return entry;
  }

  /** Whether it follows laws that are not known yet. */
  boolean waitsForLaws() {
    return tuning.isEmpty() && evaluation == null;
  }

  /** Whether tuning is complete. */
  boolean isTuned() {
    return evaluation != null;
  }

  void tune(List<TrialSpec> trials) {
    tuning = trials.stream().map(runner::documented).toList();
  }

  /** Takes that there is nothing to tune with. */
  void giveUp() {
    evaluation = List.of();
  }

  List<TrialSpec> tuning() {
    return tuning;
  }

  /** What is evaluated; empty if all of tuning failed, or while it is not complete. */
  List<TrialSpec> evaluation() {
    return evaluation == null ? List.of() : evaluation;
  }

  List<TrialSpec> begun() {
    return Stream.concat(tuning.stream(), evaluation().stream()).toList();
  }

  /** What can be run now; tuning first. */
  List<Open> open() {
    return open;
  }

  /** A trial with how far it can be run now: nowhere if it is over, or waits for others. */
  Open openOrOver(TrialSpec trial) {
    return open.stream()
        .filter(next -> next.trial().equals(trial))
        .findFirst()
        .orElse(new Open(trial, Study.Open.NOTHING));
  }

  /** Whether a trial will not be run any more. */
  boolean isOver(TrialSpec trial) {
    return complete.containsKey(trial.folder()) || pruned.containsKey(trial.folder());
  }

  int over() {
    return complete.size() + pruned.size();
  }

  /** All trials; there is nothing to evaluate where all of tuning failed. */
  int total() {
    return isTuned() && evaluation.isEmpty() ? tuning.size() : planned();
  }

  int planned() {
    return plan.points(size, entry) + plan.sizes().get(size).seeds().size();
  }

  /**
   * Takes the rows of trials that became complete, and chooses where tuning is.
   *
   * @return whether tuning became complete
   */
  boolean refresh() throws IOException {
    boolean tunedBefore = isTuned();
    take(begun());
    if (!isTuned() && !tuning.isEmpty()) {
      open = compare();
      if (open.isEmpty()) {
        evaluation =
            best().map(best -> plan.evaluation(size, entry, best)).orElse(List.of()).stream()
                .map(runner::documented)
                .toList();
        take(evaluation);
      }
    }
    if (isTuned()) {
      open = toTheirEnd(evaluation);
    }
    return isTuned() && !tunedBefore;
  }

  private void take(List<TrialSpec> trials) throws IOException {
    for (TrialSpec trial : trials) {
      if (!isOver(trial)) {
        runner.completeRow(trial).ifPresent(row -> complete.put(trial.folder(), row));
      }
    }
  }

  /** Prunes tuning trials where they can be compared; returns those that are to be run. */
  private List<Open> compare() throws IOException {
    finalists = tuning;
    for (StudyPlan.Rung rung : plan.rungs(size, entry)) {
      Map<Path, Double> reached = new HashMap<>();
      List<Open> missing = new ArrayList<>();
      for (TrialSpec trial : finalists) {
        OptionalDouble loss = loss(trial, rung.step());
        if (loss.isPresent()) {
          reached.put(trial.folder(), loss.getAsDouble());
        } else {
          missing.add(new Open(trial, rung.step()));
        }
      }
      if (!missing.isEmpty()) {
        return missing;
      }
      List<TrialSpec> ordered =
          finalists.stream()
              .sorted(Comparator.comparingDouble(trial -> reached.get(trial.folder())))
              .toList();
      for (TrialSpec trial : ordered.subList(rung.keep(), ordered.size())) {
        if (!isOver(trial)) {
          pruned.put(trial.folder(), runner.unfinishedRow(trial));
        }
      }
      List<TrialSpec> kept = ordered.subList(0, rung.keep());
      finalists = finalists.stream().filter(kept::contains).toList();
    }
    return toTheirEnd(finalists);
  }

  private List<Open> toTheirEnd(List<TrialSpec> trials) {
    return trials.stream()
        .filter(trial -> !isOver(trial))
        .map(trial -> new Open(trial, TrialRunner.TO_ITS_END))
        .toList();
  }

  /**
   * The held-out loss at a step; that of its end if the trial ended before, infinite if it failed,
   * empty if it is not there yet.
   */
  private OptionalDouble loss(TrialSpec trial, int step) {
    Map<Integer, Double> known = losses.computeIfAbsent(trial.folder(), key -> new HashMap<>());
    if (!known.containsKey(step)) {
      runner.loss(trial, step).ifPresent(loss -> known.put(step, loss));
    }
    if (known.containsKey(step)) {
      return OptionalDouble.of(known.get(step));
    }
    ResultRow row = complete.get(trial.folder());
    return row == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(row.failed() ? Double.POSITIVE_INFINITY : row.loss());
  }

  /** The tuning trial with the lowest loss at its end; none if all failed. */
  Optional<TrialSpec> best() {
    return finalists.stream()
        .filter(trial -> !complete.get(trial.folder()).failed())
        .min(Comparator.comparingDouble(trial -> complete.get(trial.folder()).loss()));
  }

  /** Returns the values of what was searched, by the plan's keys. */
  Map<String, Double> searched(TrialSpec trial) {
    Map<String, Double> values = new LinkedHashMap<>();
    Map<String, String> all = trial.config().values();
    entry.search().keySet().forEach(key -> values.put(key, Double.valueOf(all.get(key))));
    return values;
  }

  /** Returns the tuned values; none while tuning is not complete, or if all of it failed. */
  Map<String, Double> tuned() {
    return isTuned() && !evaluation.isEmpty() ? searched(best().orElseThrow()) : Map.of();
  }

  /** The tuning trial whose values were taken; none while tuning is not complete. */
  Optional<StudyRow> winner() {
    return isTuned() && !evaluation.isEmpty() ? best().map(this::row) : Optional.empty();
  }

  private Map<String, Double> logged(TrialSpec trial) {
    return logged.computeIfAbsent(trial.folder(), folder -> runner.logged(trial));
  }

  @Override
  public String toString() {
    return size + " " + entry.name();
  }

  /** Tells where a trial stands. */
  StudyRow row(TrialSpec trial) {
    boolean left = pruned.containsKey(trial.folder());
    Optional<ResultRow> row =
        Optional.ofNullable(left ? pruned.get(trial.folder()) : complete.get(trial.folder()));
    return new StudyRow(
        trial.folder().toString(),
        size,
        entry.name(),
        entry.optimizer(),
        trial.experiment(),
        trial.config().options().seed,
        left
            ? StudyRow.Status.PRUNED
            : row.map(r -> r.failed() ? StudyRow.Status.FAILED : StudyRow.Status.COMPLETE)
                .orElseGet(() -> runner.unfinished(trial)),
        row.filter(r -> !r.failed()).map(ResultRow::loss).orElse(null),
        row.map(ResultRow::tokens).orElse(null),
        row.map(ResultRow::trainingSteps).orElse(null),
        row.map(ResultRow::seconds).orElse(null),
        trial.config().hyperparameters(),
        row.map(r -> logged(trial).get("trace")).orElse(null),
        row.map(r -> logged(trial).get("metricScale")).orElse(null),
        row.map(r -> logged(trial).get(TrialRunner.FIRST_LOSS)).orElse(null),
        row.map(ResultRow::failure).orElse(null));
  }
}
