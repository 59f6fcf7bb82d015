package dev.pullback.train.report;

import dev.pullback.train.scaling.Estimate;
import dev.pullback.train.scaling.HyperparameterLaw;
import dev.pullback.train.scaling.LearningRateSensitivity;
import dev.pullback.train.scaling.TokenExponent;
import dev.pullback.train.scaling.TokenRatio;
import dev.pullback.train.study.Range;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What tuning tells: best values as powers of size, and how much the learning rate matters.
 *
 * @param notes what could not be fitted, and why
 */
record StudyTuning(
    List<StudyLaw.Tuned> hyperparameters,
    List<StudyLaw.Sensitivity> sensitivities,
    List<String> notes) {

  static final String RATE = "lr";
  private static final String XI = "xi";

  /** How strongly the metric pulls: ξ times the mean of the trace T at the tuned values. */
  private static final String PULL = "xi·T";

  /** A line says nothing about a sensitivity. */
  private static final int RATES = 3;

  static StudyTuning of(Study study, List<StudyRow> rows) throws IOException {
    StudyTuning tuning = new StudyTuning(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    StartingLosses starts = new StartingLosses(rows);
    List<String> severalTuned = new ArrayList<>();
    List<String> unfinished = new ArrayList<>();
    for (StudyPlan.Entry entry : study.plan().entries()) {
      if (rows.stream()
          .noneMatch(row -> row.optimizer().equals(entry.name()) && row.isComplete())) {
        unfinished.add(entry.name());
        continue;
      }
      tuning.addLaws(study, entry);
      if (entry.search().keySet().equals(Set.of(RATE))) {
        tuning.addSensitivities(study.plan(), entry, rows, starts);
      } else {
        severalTuned.add(entry.name());
      }
    }
    tuning.note("No learning-rate sensitivity of %s: it takes tuning of lr alone.", severalTuned);
    tuning.note("No trial of %s is complete so far.", unfinished);
    return tuning;
  }

  private void note(String sentence, List<String> names) {
    if (!names.isEmpty()) {
      notes.add(sentence.formatted(String.join(", ", names)));
    }
  }

  private void addLaws(Study study, StudyPlan.Entry entry) throws IOException {
    for (Map.Entry<String, Range> searched : entry.search().entrySet()) {
      addLaw(study, entry, searched.getKey(), searched.getValue());
    }
    if (entry.search().containsKey(XI)) {
      addLaw(study, entry, PULL, null);
    }
  }

  private void addLaw(Study study, StudyPlan.Entry entry, String key, Range range)
      throws IOException {
    List<StudyLaw.Optimum> optima = new ArrayList<>();
    for (Map.Entry<String, StudyPlan.Size> size : study.plan().sizes().entrySet()) {
      Optional<StudyRow> winner = study.winner(size.getKey(), entry);
      if (size.getValue().byLaw() || winner.isEmpty()) {
        continue; // what followed a law would confirm it
      }
      Double value = value(study.tuned(size.getKey(), entry), key, winner.get());
      if (value != null) {
        Long tokens = winner.get().tokens();
        optima.add(
            new StudyLaw.Optimum(
                size.getKey(),
                size.getValue().weights(),
                tokens == null ? null : tokens.doubleValue(),
                value,
                range != null && range.isAtEdge(value)));
      }
    }
    List<StudyLaw.Optimum> line =
        TokenRatio.mostCommon(optima, o -> TokenRatio.of(o.tokens(), o.parameters()));
    long sizes = line.stream().mapToDouble(StudyLaw.Optimum::parameters).distinct().count();
    if (sizes < 2 || optima.stream().anyMatch(o -> !(o.value() > 0))) {
      notes.add(
          "No law of %s of %s: a power of the size takes optima above 0 at two sizes or more, not %s."
              .formatted(key, entry.name(), optima.stream().map(StudyLaw.Optimum::value).toList()));
    } else {
      hyperparameters.add(law(entry.name(), key, optima, line));
    }
  }

  private static Double value(Map<String, Double> tuned, String key, StudyRow winner) {
    if (!key.equals(PULL)) {
      return tuned.get(key);
    }
    return winner.trace() == null ? null : tuned.get(XI) * winner.trace();
  }

  private static StudyLaw.Tuned law(
      String name, String key, List<StudyLaw.Optimum> all, List<StudyLaw.Optimum> optima) {
    HyperparameterLaw law =
        HyperparameterLaw.of(
            optima.stream()
                .map(o -> new HyperparameterLaw.Optimum(o.parameters(), o.value()))
                .toList());
    Bounds exponent = Bounds.of(law.exponent());
    Optional<Estimate> tokens =
        TokenExponent.of(
            all.stream()
                .filter(o -> o.tokens() != null)
                .map(o -> new TokenExponent.Optimum(o.parameters(), o.tokens(), o.value()))
                .toList());
    long edges = all.stream().filter(StudyLaw.Optimum::atEdge).count();
    String sentence =
        "%s of %s: %s · N^b, b = %s, %s%s%s."
            .formatted(
                key,
                name,
                Bounds.number(law.coefficient().value()),
                exponent.text(),
                moves(law.exponent(), "size"),
                tokens
                    .map(c -> "; tokens^%s, %s".formatted(Bounds.of(c).text(), moves(c, "tokens")))
                    .orElse(""),
                edges == 0
                    ? ""
                    : "; %d of %d optima are at an edge of the range".formatted(edges, all.size()));
    return new StudyLaw.Tuned(
        name,
        key,
        all,
        Bounds.of(law.coefficient()),
        exponent,
        law.theilSenExponent(),
        tokens.map(Bounds::of).orElse(null),
        optima.stream()
            .mapToDouble(StudyLaw.Optimum::parameters)
            .distinct()
            .sorted()
            .mapToObj(n -> new StudyLaw.At(n, Bounds.of(law.value(n))))
            .toList(),
        sentence);
  }

  private static String moves(Estimate exponent, String with) {
    return exponent.low() > 0
        ? "grows with " + with
        : exponent.high() < 0 ? "falls with " + with : "no change with %s shown".formatted(with);
  }

  private void addSensitivities(
      StudyPlan plan, StudyPlan.Entry entry, List<StudyRow> rows, StartingLosses starts) {
    for (Map.Entry<String, StudyPlan.Size> at : plan.sizes().entrySet()) {
      String size = at.getKey();
      double start = starts.of(size);
      List<StudyRow> own =
          rows.stream()
              .filter(r -> r.isOf(size, entry.name()))
              .filter(r -> !r.isEvaluation())
              .toList();
      long failed = own.stream().filter(r -> r.status() == StudyRow.Status.FAILED).count();
      List<LearningRateSensitivity.Run> runs =
          own.stream()
              .filter(r -> r.isComplete() || Double.isFinite(start))
              .map(StudyTuning::run)
              .toList();
      if (at.getValue().byLaw()
          || runs.size() < RATES
          || own.stream().filter(StudyRow::isComplete).count() + failed < own.size()) {
        notes.add(
            "No learning-rate sensitivity of %s at size %s: it takes a size that is tuned, and its tuning trials at their end, %d or more."
                .formatted(entry.name(), size, RATES));
        continue;
      }
      LearningRateSensitivity of = LearningRateSensitivity.of(runs, start);
      sensitivities.add(
          new StudyLaw.Sensitivity(
              size,
              entry.name(),
              runs.size(),
              own.stream().filter(starts::isAbove).count() + failed,
              runs.stream().mapToDouble(LearningRateSensitivity.Run::rate).min().orElseThrow(),
              runs.stream().mapToDouble(LearningRateSensitivity.Run::rate).max().orElseThrow(),
              of.best().rate(),
              of.sensitivity()));
    }
  }

  /** The run of a row that searched the learning rate; one that failed has no loss. */
  static LearningRateSensitivity.Run run(StudyRow row) {
    return new LearningRateSensitivity.Run(
        row.hyperparameters().get(RATE), row.isComplete() ? row.loss() : Double.NaN);
  }
}
