package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** What changing one thing changes: variants beside the {@code base} variant, seed by seed. */
final class Ablations {

  private Ablations() {}

  /** One ablation on one data set, with what is compared with the base of one optimiser. */
  record Ablation(
      String title, String optimizer, String metric, boolean lowerIsBetter, List<Line> lines) {}

  /**
   * One variant.
   *
   * @param runs all trials, failed ones too
   * @param best the best metric of the trials that did not fail
   * @param last the metric at their end
   * @param difference to the base trial of the same seed, of the best metric; null of the base
   * @param sentence what the difference shows
   */
  record Line(
      String variant,
      int runs,
      long failed,
      Interval best,
      Summary last,
      Interval difference,
      String sentence) {}

  /** Returns the ablations, in the order of the file. */
  static List<Ablation> of(Results results) {
    List<ResultRow> rows = results.rows().stream().filter(ResultRow::isAblation).toList();
    List<Ablation> ablations = new ArrayList<>();
    Results.by(rows, ResultRow::group)
        .forEach(
            (title, group) -> {
              Set<String> bases =
                  group.stream()
                      .filter(row -> ResultRow.BASE.equals(row.variant()))
                      .map(ResultRow::optimizer)
                      .collect(Collectors.toSet());
              String shared = bases.size() == 1 ? bases.iterator().next() : null;
              Results.by(group, row -> shared == null ? row.optimizer() : shared)
                  .forEach((owner, trials) -> ablations.add(ablation(title, owner, trials)));
            });
    return ablations;
  }

  /** Compares with the base of one optimiser, which may be the only one of the group. */
  private static Ablation ablation(String title, String owner, List<ResultRow> trials) {
    boolean lower = trials.get(0).lowerIsBetter();
    Map<String, List<ResultRow>> variants =
        Results.by(
            trials,
            row ->
                row.optimizer().equals(owner)
                    ? row.variant()
                    : row.optimizer() + " " + row.variant());
    Map<Long, ResultRow> base = bySeed(variants.getOrDefault(ResultRow.BASE, List.of()));
    List<Line> lines = new ArrayList<>();
    variants.forEach(
        (variant, rows) ->
            lines.add(
                variant.equals(ResultRow.BASE) ? 0 : lines.size(),
                line(variant, rows, base, lower)));
    return new Ablation(title, owner, trials.get(0).metric(), lower, lines);
  }

  private static Line line(
      String variant, List<ResultRow> rows, Map<Long, ResultRow> base, boolean lower) {
    Map<Long, ResultRow> own = bySeed(rows);
    double[] best = own.values().stream().mapToDouble(ResultRow::best).toArray();
    Interval difference = null;
    String sentence = "what the others are compared with";
    if (!variant.equals(ResultRow.BASE)) {
      difference =
          Interval.of(
              own.keySet().stream()
                  .filter(seed -> comparable(own.get(seed), base.get(seed)))
                  .mapToDouble(seed -> own.get(seed).best() - base.get(seed).best())
                  .toArray());
      sentence = sentence(difference, lower);
    }
    return new Line(
        variant,
        rows.size(),
        PaperTables.failed(rows),
        Interval.of(best),
        Summary.of(rows, ResultRow::last),
        difference,
        sentence);
  }

  /** Tells whether both trained, equally long. */
  private static boolean comparable(ResultRow own, ResultRow base) {
    return base != null && Objects.equals(own.epochs(), base.epochs());
  }

  private static Map<Long, ResultRow> bySeed(List<ResultRow> rows) {
    Map<Long, ResultRow> trials = new HashMap<>();
    for (ResultRow row : rows) {
      if (!row.failed() && row.best() != null && Double.isFinite(row.best())) {
        trials.put(Objects.requireNonNullElse(row.seed(), 0L), row);
      }
    }
    return trials;
  }

  /** Says what a paired difference shows, and no more. */
  static String sentence(Interval difference, boolean lowerIsBetter) {
    if (difference.count() == 0) {
      return "not compared: no seed ran both equally long";
    }
    if (difference.count() == 1) {
      return "not compared: one seed is not enough for an interval";
    }
    if (difference.low() == 0 && difference.high() == 0) {
      return "no difference: the same on every seed";
    }
    if (difference.contains(0)) {
      return "no difference shown: the interval contains 0";
    }
    boolean better = lowerIsBetter == difference.mean() < 0;
    return String.format(
        Locale.ROOT,
        "%s than base by %.2g on average: the interval excludes 0",
        better ? "better" : "worse",
        Math.abs(difference.mean()));
  }
}
