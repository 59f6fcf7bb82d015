package dev.pullback.train.report;

import dev.pullback.train.scaling.HyperparameterLaw;
import dev.pullback.train.scaling.LearningRateSensitivity;
import dev.pullback.train.study.Range;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  private static final String RATE = "lr";

  /** A line says nothing about a sensitivity. */
  private static final int RATES = 3;

  static StudyTuning of(Study study, List<StudyRow> rows) throws IOException {
    StudyTuning tuning = new StudyTuning(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (StudyPlan.Entry entry : study.plan().entries()) {
      tuning.addLaws(study, entry);
      tuning.addSensitivities(study.plan(), entry, rows);
    }
    return tuning;
  }

  private void addLaws(Study study, StudyPlan.Entry entry) throws IOException {
    for (Map.Entry<String, Range> searched : entry.search().entrySet()) {
      String key = searched.getKey();
      List<StudyLaw.Optimum> optima = new ArrayList<>();
      for (Map.Entry<String, StudyPlan.Size> size : study.plan().sizes().entrySet()) {
        if (size.getValue().byLaw()) {
          continue; // it would confirm itself
        }
        Double value = study.tuned(size.getKey(), entry).get(key);
        if (value != null) {
          optima.add(
              new StudyLaw.Optimum(
                  size.getKey(),
                  size.getValue().weights(),
                  value,
                  searched.getValue().isAtEdge(value)));
        }
      }
      long sizes = optima.stream().mapToDouble(StudyLaw.Optimum::parameters).distinct().count();
      if (sizes < 2 || optima.stream().anyMatch(o -> !(o.value() > 0))) {
        notes.add(
            "No law of %s of %s: a power of the size takes optima above 0 at two sizes or more, not %s."
                .formatted(
                    key, entry.name(), optima.stream().map(StudyLaw.Optimum::value).toList()));
      } else {
        hyperparameters.add(law(entry.name(), key, optima));
      }
    }
  }

  private static StudyLaw.Tuned law(String name, String key, List<StudyLaw.Optimum> optima) {
    HyperparameterLaw law =
        HyperparameterLaw.of(
            optima.stream()
                .map(o -> new HyperparameterLaw.Optimum(o.parameters(), o.value()))
                .toList());
    Bounds coefficient = Bounds.of(law.coefficient());
    Bounds exponent = Bounds.of(law.exponent());
    long edges = optima.stream().filter(StudyLaw.Optimum::atEdge).count();
    String sentence =
        "%s of %s: %s · N^b, b = %s, %s%s."
            .formatted(
                key,
                name,
                Bounds.number(coefficient.value()),
                exponent.text(),
                law.exponent().low() > 0
                    ? "grows with size"
                    : law.exponent().high() < 0 ? "falls with size" : "no change with size shown",
                edges == 0
                    ? ""
                    : "; %d of %d optima are at an edge of the range"
                        .formatted(edges, optima.size()));
    return new StudyLaw.Tuned(
        name,
        key,
        optima,
        coefficient,
        exponent,
        law.theilSenExponent(),
        optima.stream()
            .mapToDouble(StudyLaw.Optimum::parameters)
            .distinct()
            .sorted()
            .mapToObj(n -> new StudyLaw.At(n, Bounds.of(law.value(n))))
            .toList(),
        sentence);
  }

  private void addSensitivities(StudyPlan plan, StudyPlan.Entry entry, List<StudyRow> rows) {
    if (!entry.search().keySet().equals(Set.of(RATE))) {
      notes.add(
          "No learning-rate sensitivity of %s: it takes tuning of %s alone, not of %s."
              .formatted(entry.name(), RATE, String.join(", ", entry.search().keySet())));
      return;
    }
    for (String size : plan.sizes().keySet()) {
      List<StudyRow> own =
          rows.stream()
              .filter(r -> r.size().equals(size) && r.optimizer().equals(entry.name()))
              .filter(r -> !r.isEvaluation())
              .toList();
      List<LearningRateSensitivity.Run> runs =
          own.stream()
              .filter(StudyRow::isComplete)
              .map(r -> new LearningRateSensitivity.Run(r.hyperparameters().get(RATE), r.loss()))
              .toList();
      double[] rates = runs.stream().mapToDouble(LearningRateSensitivity.Run::rate).toArray();
      if (rates.length < RATES) {
        notes.add(
            "No learning-rate sensitivity of %s at size %s: it takes %d complete tuning trials, not %d."
                .formatted(entry.name(), size, RATES, rates.length));
        continue;
      }
      // Rows do not have the loss before the first step, which diverged runs would count with.
      LearningRateSensitivity of = LearningRateSensitivity.of(runs, Double.POSITIVE_INFINITY);
      sensitivities.add(
          new StudyLaw.Sensitivity(
              size,
              entry.name(),
              rates.length,
              own.stream().filter(r -> r.status() == StudyRow.Status.FAILED).count(),
              runs.stream().mapToDouble(LearningRateSensitivity.Run::rate).min().orElseThrow(),
              runs.stream().mapToDouble(LearningRateSensitivity.Run::rate).max().orElseThrow(),
              of.best().rate(),
              of.sensitivity()));
    }
  }
}
