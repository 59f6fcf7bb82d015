package dev.pullback.train.report;

import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import dev.pullback.train.study.StudyRow.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How far a study is: trials by size and optimiser.
 *
 * @param lines one for each entry of each size
 * @param summary how long the rest may take, in words
 */
public record StudyStatus(List<Line> lines, String summary) {

  private static final String FORMAT = "%-12s %-20s %6s %6s %8s %8s %8s %8s %12s";

  /**
   * An entry at a size.
   *
   * @param size the size
   * @param optimizer its name in the plan
   * @param done trials that are complete
   * @param pruned left behind by better ones
   * @param running those that a process is at
   * @param stopped those that go on from a checkpoint
   * @param failed those that diverged
   * @param left those that were not begun
   * @param secondsLeft of training steps, estimated; null where nothing is known
   */
  public record Line(
      String size,
      String optimizer,
      long done,
      long pruned,
      long running,
      long stopped,
      long failed,
      long left,
      Double secondsLeft) {}

  /**
   * Makes a table of trials by size and optimiser, and estimates the rest from the mean of those
   * that are complete: of the same optimiser and size where there are some, else of the size, else
   * of all.
   *
   * @param study the study
   * @return lines of text
   * @throws IOException if the study cannot be read
   */
  public static String of(Study study) throws IOException {
    StudyStatus status = of(study.plan(), study.rows());
    List<String> text = new ArrayList<>();
    text.add(
        FORMAT.formatted(
            "size",
            "optimiser",
            "done",
            "pruned",
            "running",
            "stopped",
            "failed",
            "left",
            "seconds left"));
    for (Line line : status.lines()) {
      text.add(
          FORMAT.formatted(
              line.size(),
              line.optimizer(),
              line.done(),
              line.pruned(),
              line.running(),
              line.stopped(),
              line.failed(),
              line.left(),
              line.secondsLeft() == null
                  ? ""
                  : String.format(Locale.ROOT, "%.0f", line.secondsLeft())));
    }
    text.add(status.summary());
    return String.join("\n", text);
  }

  /**
   * Counts trials and estimates the rest.
   *
   * @param plan the study's plan
   * @param rows its trials that were begun
   * @return how far it is
   */
  public static StudyStatus of(StudyPlan plan, List<StudyRow> rows) {
    List<Line> lines = new ArrayList<>();
    double all = 0;
    boolean known = true;
    for (String size : plan.sizes().keySet()) {
      List<StudyRow> ofSize = rows.stream().filter(r -> r.size().equals(size)).toList();
      for (StudyPlan.Entry entry : plan.entries(size)) {
        List<StudyRow> own =
            ofSize.stream().filter(row -> row.optimizer().equals(entry.name())).toList();
        long done = count(own, Status.COMPLETE);
        long failed = count(own, Status.FAILED);
        long pruned = count(own, Status.PRUNED);
        long running = count(own, Status.RUNNING);
        long stopped = count(own, Status.STOPPED);
        // Where all tuning failed there is nothing to evaluate.
        boolean nothing =
            !own.isEmpty()
                && own.stream()
                    .allMatch(row -> !row.isEvaluation() && row.status() == Status.FAILED);
        int total =
            plan.points(size, entry) + (nothing ? 0 : plan.sizes().get(size).seeds().size());
        long unfinished = total - done - failed - pruned;
        OptionalDouble mean = mean(own);
        mean = mean.isPresent() ? mean : mean(ofSize);
        mean = mean.isPresent() ? mean : mean(rows);
        double whole = unfinished - (isTuned(own) ? 0 : pruning(plan, size, entry, ofSize));
        double seconds = whole * mean.orElse(Double.NaN);
        known &= unfinished == 0 || mean.isPresent();
        all += unfinished == 0 ? 0 : seconds;
        lines.add(
            new Line(
                size,
                entry.name(),
                done,
                pruned,
                running,
                stopped,
                failed,
                unfinished - running - stopped,
                unfinished == 0 ? Double.valueOf(0) : mean.isEmpty() ? null : (Double) seconds));
      }
    }
    return new StudyStatus(
        lines,
        known
            ? String.format(
                Locale.ROOT, "About %.0f seconds left, %.1f hours, one at a time.", all, all / 3600)
            : "How long it takes is known when a trial is complete.");
  }

  private static boolean isTuned(List<StudyRow> rows) {
    return rows.stream().anyMatch(StudyRow::isEvaluation);
  }

  /** What pruning saves of an entry's trials, in whole ones, as far as it can be known. */
  private static double pruning(
      StudyPlan plan, String size, StudyPlan.Entry entry, List<StudyRow> ofSize) {
    OptionalLong steps =
        ofSize.stream()
            .filter(row -> row.isComplete() && row.steps() != null)
            .mapToLong(StudyRow::steps)
            .findFirst();
    int all = plan.points(size, entry) + plan.sizes().get(size).seeds().size();
    return steps.isEmpty() ? 0 : all - plan.work(size, entry, steps.getAsLong());
  }

  private static long count(List<StudyRow> rows, Status status) {
    return rows.stream().filter(row -> row.status() == status).count();
  }

  private static OptionalDouble mean(List<StudyRow> rows) {
    return rows.stream().filter(StudyRow::isComplete).mapToDouble(StudyRow::seconds).average();
  }
}
