package dev.pullback.train.report;

import dev.pullback.train.InputException;
import dev.pullback.train.scaling.Holm;
import dev.pullback.train.scaling.PairedDifference;
import dev.pullback.train.scaling.TokenRatio;
import dev.pullback.train.study.Range;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import dev.pullback.train.study.StudyRow.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.stream.Collectors;

/** What a study found, in Markdown; every sentence follows from an interval. */
public final class StudyReport {

  /** What counts as shown after the correction. */
  private static final double SIGNIFICANT = 0.05;

  private final Study study;
  private final StudyPlan plan;
  private final String baseline;
  private final List<StudyRow> rows;
  private final StartingLosses starts;
  private final int comparisons;
  private final List<Line> lines = new ArrayList<>();
  private final List<Line> notBegun = new ArrayList<>();

  /** An entry at a size; no comparison for the baseline itself. */
  private record Line(
      String size, StudyPlan.Entry entry, List<StudyRow> rows, PairedDifference paired, double p) {

    List<StudyRow> of(boolean evaluation) {
      return rows.stream().filter(row -> row.isEvaluation() == evaluation).toList();
    }

    long failed(boolean evaluation) {
      return of(evaluation).stream().filter(row -> row.status() == Status.FAILED).count();
    }

    boolean isBegun() {
      return rows.stream().anyMatch(row -> row.status() != Status.LEFT);
    }

    Interval difference() {
      return paired == null ? Interval.of() : Interval.of(paired);
    }

    Line corrected(double value) {
      return new Line(size, entry, rows, paired, value);
    }
  }

  private StudyReport(Study study, String baseline) throws IOException {
    this.study = study;
    this.plan = study.plan();
    this.baseline = baseline;
    this.rows = study.rows();
    this.starts = new StartingLosses(rows);
    List<Line> uncorrected = new ArrayList<>();
    for (String size : plan.sizes().keySet()) {
      for (StudyPlan.Entry entry : plan.entries(size)) {
        PairedDifference paired =
            entry.name().equals(baseline)
                ? null
                : PairedDifference.of(losses(size, entry.name()), losses(size, baseline));
        double p = paired == null ? Double.NaN : paired.student();
        uncorrected.add(new Line(size, entry, rows(size, entry.name()), paired, p));
      }
    }
    // A claim stands when the study goes on: what is not complete yet counts as far as it can.
    double[] family =
        uncorrected.stream()
            .filter(line -> line.paired() != null)
            .mapToDouble(line -> Double.isNaN(line.p()) ? 1 : line.p())
            .toArray();
    this.comparisons = family.length;
    PrimitiveIterator.OfDouble p = Arrays.stream(Holm.corrected(family)).iterator();
    for (Line line : uncorrected) {
      double corrected = line.paired() == null ? Double.NaN : p.nextDouble();
      (line.isBegun() ? lines : notBegun)
          .add(line.corrected(Double.isNaN(line.p()) ? Double.NaN : corrected));
    }
  }

  private static List<Line> at(String size, List<Line> lines) {
    return lines.stream().filter(line -> line.size().equals(size)).toList();
  }

  /** The names of those that nothing is known of at a size. */
  private List<String> notBegun(String size) {
    return at(size, notBegun).stream().map(line -> line.entry().name()).toList();
  }

  /**
   * Makes the report, of what is complete so far.
   *
   * @param study the study
   * @param baseline the name in the plan that the others are compared with
   * @return the report
   * @throws InputException if the plan has no such name
   * @throws IOException if the study cannot be read
   */
  public static StudyReport of(Study study, String baseline) throws IOException {
    requireBaseline(study.plan(), baseline);
    return new StudyReport(study, baseline);
  }

  static void requireBaseline(StudyPlan plan, String baseline) {
    List<String> names = plan.entries().stream().map(StudyPlan.Entry::name).toList();
    if (!names.contains(baseline)) {
      throw new InputException(
          "the plan has no '%s' to compare with; give --baseline one of %s"
              .formatted(baseline, String.join(", ", names)));
    }
  }

  private List<StudyRow> rows(String size, String name) {
    return rows.stream().filter(row -> row.isOf(size, name)).toList();
  }

  /** The losses of evaluation by seed. */
  private Map<Long, Double> losses(String size, String name) {
    Map<Long, Double> losses = new LinkedHashMap<>();
    rows(size, name).stream()
        .filter(row -> row.isEvaluation() && row.isComplete())
        .forEach(row -> losses.put(row.seed(), row.loss()));
    return losses;
  }

  /**
   * Returns it for terminals and repositories.
   *
   * @return Markdown
   * @throws IOException if the study cannot be read
   */
  public String markdown() throws IOException {
    StringBuilder text = new StringBuilder("# Study\n\n").append(protocol()).append('\n');
    for (String size : plan.sizes().keySet()) {
      List<Line> own = at(size, lines);
      text.append("\n## Size ").append(size).append("\n\n");
      if (plan.sizes().get(size).byLaw()) {
        text.append(byLaw(size)).append("\n\n");
      }
      if (!own.isEmpty()) {
        results(text, own);
        text.append('\n');
      }
      own.stream()
          .filter(l -> l.paired() != null)
          .forEach(l -> text.append("- ").append(sentence(l)).append('\n'));
      List<String> missing = notBegun(size);
      if (!missing.isEmpty()) {
        text.append("- Not begun: %s.\n".formatted(String.join(", ", missing)));
      }
      if (!own.isEmpty()) {
        text.append('\n');
        tuned(text, own);
      }
    }
    text.append(
        "\n## Not searched\n\n| optimiser | rule | at size | hyperparameters |\n|---|---|---|---|\n");
    for (FixedPart part : fixed()) {
      String values =
          part.values().entrySet().stream()
              .map(value -> value.getKey() + " " + value.getValue())
              .collect(Collectors.joining(", "));
      text.append(
          "| %s | %s | %s | %s |\n".formatted(part.optimizer(), part.rule(), part.size(), values));
    }
    return text.toString();
  }

  /** Two entries that differ in more than is asked are no experiment. */
  private List<FixedPart> fixed() {
    return plan.entries().stream()
        .flatMap(entry -> lines.stream().filter(line -> line.entry().equals(entry)).limit(1))
        .map(
            line ->
                new FixedPart(
                    line.entry().name(),
                    line.entry().optimizer(),
                    line.size(),
                    plan.fixed(line.size(), line.entry())))
        .toList();
  }

  private String protocol() {
    return "Each optimiser was tuned on %d quasi-random points at every size that follows no laws (seed %d)%s; the best by final validation loss was trained again with seeds %s, or those of them that a size names. Differences to %s are paired by seed, with 95 %% Student's t intervals; p values are Holm-corrected over the %d comparisons of the plan, of which those that are not complete count as p = 1. Failed trials were not finite, or crashed; diverged ones ended, or were last seen, above their beginning."
        .formatted(
            plan.points(),
            plan.tuningSeed(),
            plan.halvings() == 0
                ? ""
                : ", the worse half of which ended after each of the first %d evaluations"
                    .formatted(plan.halvings()),
            plan.seeds(),
            baseline,
            comparisons);
  }

  private String byLaw(String size) {
    return "Hyperparameters follow laws through the optima of %s; only the learning rate was tried, at half, once and twice its law's. Seeds %s."
        .formatted(String.join(", ", plan.sizes().get(size).law()), plan.sizes().get(size).seeds());
  }

  /**
   * Returns it for browsers, with plots.
   *
   * @return a page in one file
   * @throws IOException if the study cannot be read
   */
  public String html() throws IOException {
    List<SizePart> sizes = new ArrayList<>();
    for (String size : plan.sizes().keySet()) {
      List<LinePart> parts = new ArrayList<>();
      for (Line line : at(size, lines)) {
        parts.add(part(line));
      }
      StudyPlan.Size planned = plan.sizes().get(size);
      sizes.add(
          new SizePart(
              size,
              planned.weights(),
              tokens(size),
              planned.flopsPerToken(),
              planned.byLaw() ? byLaw(size) : null,
              parts,
              notBegun(size)));
    }
    return HtmlPage.of(
        "study",
        List.of(HtmlPage.ECHARTS),
        new Page(
            Palette.css(),
            baseline,
            protocol(),
            sizes,
            ladder(),
            fixed(),
            rows.stream().filter(row -> row.status() != Status.LEFT).toList(),
            StudyFit.forPage(study, rows, baseline)));
  }

  /**
   * Returns it as pictures: the loss against the size, and against the learning rate where that
   * alone was searched.
   *
   * @return PNGs by file name, of what has two points or more
   * @throws IOException if one cannot be made
   */
  public Map<String, byte[]> images() throws IOException {
    return StudyImages.of(plan, rows, ladder());
  }

  /**
   * Names of the sizes that a curve goes through: those of the tokens a weight that most have;
   * unknown ones are all alike.
   */
  private List<String> ladder() {
    return TokenRatio.mostCommon(
        plan.sizes().keySet(),
        name -> TokenRatio.of(tokens(name), plan.sizes().get(name).weights()));
  }

  /** The budget of a size, or of what is complete of it where the plan counts something else. */
  private Long tokens(String size) {
    Long planned = plan.sizes().get(size).tokens();
    return planned != null
        ? planned
        : rows.stream()
            .filter(row -> row.size().equals(size) && row.isComplete() && row.tokens() != null)
            .map(StudyRow::tokens)
            .findFirst()
            .orElse(null);
  }

  /** What the page's script draws; its names are the script's. No fit of fewer than three sizes. */
  private record Page(
      List<String> colours,
      String baseline,
      String protocol,
      List<SizePart> sizes,
      List<String> ladder,
      List<FixedPart> fixed,
      List<StudyRow> trials,
      StudyLaw fit) {}

  /**
   * A size; its weights without embeddings, the tokens of a whole trial, operations a token, its
   * laws, or null.
   */
  private record SizePart(
      String name,
      Long parameters,
      Long tokens,
      Double flopsPerToken,
      String byLaw,
      List<LinePart> lines,
      List<String> notBegun) {}

  /** What an entry does not search, at the first size where it has begun. */
  private record FixedPart(
      String optimizer, String rule, String size, Map<String, Double> values) {}

  private record LinePart(
      String optimizer,
      Summary loss,
      Interval interval,
      Interval difference,
      Double p,
      long failedTuning,
      long divergedTuning,
      long failedEvaluation,
      String sentence,
      Map<String, Double> tuned,
      Map<String, String> ranges,
      List<String> atEdge) {}

  private LinePart part(Line line) throws IOException {
    Map<String, Double> tuned = study.tuned(line.size(), line.entry());
    Map<String, String> ranges = new LinkedHashMap<>();
    List<String> atEdge = new ArrayList<>();
    line.entry()
        .search()
        .forEach(
            (key, range) -> {
              ranges.put(key, range.toString());
              if (tuned.containsKey(key) && range.isAtEdge(tuned.get(key))) {
                atEdge.add(key);
              }
            });
    double[] losses = column(line.of(true));
    return new LinePart(
        line.entry().name(),
        Summary.of(losses),
        Interval.of(losses),
        line.difference(),
        Double.isNaN(line.p()) ? null : line.p(),
        line.failed(false),
        diverged(line),
        line.failed(true),
        line.paired() == null ? null : sentence(line),
        tuned,
        ranges,
        atEdge);
  }

  /** How many of an entry's tuning trials were last seen above where they began. */
  private long diverged(Line line) {
    return line.of(false).stream().filter(starts::isAbove).count();
  }

  private void results(StringBuilder text, List<Line> own) {
    text.append(
        "| optimiser | validation loss, mean | standard deviation | seeds | difference to %s | 95 %% interval | p (Holm) | failed, tuning | diverged, tuning | failed, evaluation | seconds a trial |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
            .formatted(baseline));
    for (Line line : own) {
      Summary loss = Summary.of(column(line.of(true)));
      Interval difference = line.difference();
      double seconds =
          line.rows().stream()
              .filter(StudyRow::isComplete)
              .mapToDouble(StudyRow::seconds)
              .average()
              .orElse(Double.NaN);
      text.append(
          "| %s | %s | %s | %d of %d | %s | %s | %s | %d of %d | %d | %d | %s |\n"
              .formatted(
                  line.entry().name(),
                  number("%.4f", loss.mean()),
                  number("%.4f", loss.standardDeviation()),
                  loss.count(),
                  plan.sizes().get(line.size()).seeds().size(),
                  number("%+.4f", difference.mean()),
                  interval(difference),
                  number("%.3g", line.p()),
                  line.failed(false),
                  plan.points(line.size(), line.entry()),
                  diverged(line),
                  line.failed(true),
                  number("%.0f", seconds)));
    }
  }

  private static double[] column(List<StudyRow> rows) {
    return rows.stream().filter(StudyRow::isComplete).mapToDouble(StudyRow::loss).toArray();
  }

  private static String number(String format, Double value) {
    return value == null || value.isNaN() ? "" : String.format(Locale.ROOT, format, value);
  }

  private static String interval(Interval interval) {
    return interval.low() == null
        ? ""
        : String.format(Locale.ROOT, "%+.4f to %+.4f", interval.low(), interval.high());
  }

  private String sentence(Line line) {
    Interval difference = line.difference();
    String name = line.entry().name();
    int seeds = plan.sizes().get(line.size()).seeds().size();
    long baselineFailed =
        rows(line.size(), baseline).stream()
            .filter(row -> row.isEvaluation() && row.status() == Status.FAILED)
            .count();
    String failed =
        left(line.failed(true), "its", seeds) + left(baselineFailed, baseline + "'s", seeds);
    if (difference.low() == null) {
      return "%s: not compared; %d seeds are complete beside %s, two are needed.%s"
          .formatted(name, difference.count(), baseline, failed);
    }
    if (difference.low() == 0 && difference.high() == 0) {
      return "%s: the losses of %s, seed by seed.%s".formatted(name, baseline, failed);
    }
    String values =
        String.format(Locale.ROOT, "%+.4f, %s", difference.mean(), interval(difference))
            + (difference.count() < seeds
                ? ", over %d of %d seeds".formatted(difference.count(), seeds)
                : "");
    if (difference.contains(0)) {
      return "%s: no difference to %s shown (%s).%s".formatted(name, baseline, values, failed);
    }
    String corrected =
        Double.isNaN(line.p())
            ? ""
            : line.p() < SIGNIFICANT
                ? ", also after correction (p = %s)".formatted(number("%.3g", line.p()))
                : ", but not after correction for the number of comparisons (p = %s)"
                    .formatted(number("%.3g", line.p()));
    return "%s: %s loss than %s (%s)%s.%s"
        .formatted(
            name, difference.mean() < 0 ? "lower" : "higher", baseline, values, corrected, failed);
  }

  private static String left(long failed, String whose, int seeds) {
    return failed == 0
        ? ""
        : " %d of %s %d evaluation trials failed and are left out.".formatted(failed, whose, seeds);
  }

  private void tuned(StringBuilder text, List<Line> own) throws IOException {
    text.append(
        "| optimiser | hyperparameter | tuned | range | at an edge |\n|---|---|---|---|---|\n");
    for (Line line : own) {
      Map<String, Double> tuned = study.tuned(line.size(), line.entry());
      for (Map.Entry<String, Range> searched : line.entry().search().entrySet()) {
        Double value = tuned.get(searched.getKey());
        text.append(
            "| %s | %s | %s | %s | %s |\n"
                .formatted(
                    line.entry().name(),
                    searched.getKey(),
                    number("%.4g", value),
                    searched.getValue(),
                    value == null ? "" : searched.getValue().isAtEdge(value) ? "yes" : "no"));
      }
    }
  }
}
