package dev.pullback.train.report;

import dev.pullback.train.paper.PaperFigures;
import dev.pullback.train.paper.PaperFigures.Best;
import dev.pullback.train.paper.PaperFigures.LowDimensional;
import dev.pullback.train.paper.PaperFigures.TopFifty;
import dev.pullback.train.study.ResultRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The published tables beside ours. */
final class PaperTables {

  private final PaperFigures paper;

  PaperTables(PaperFigures paper) {
    this.paper = paper;
  }

  /** The trials of a task that trains a model. */
  record Training(String title, String metric, boolean lowerIsBetter, List<TrainingLine> lines) {}

  /**
   * One optimiser; differences are ours less the paper's.
   *
   * @param examples how many there were to train on
   * @param runs all trials, failed ones too
   */
  record TrainingLine(
      String optimizer,
      Double paperBest,
      Double paperFinal,
      TopFifty paperTopFifty,
      Summary best,
      Summary last,
      Summary bestFull,
      Double bestDifference,
      Summary epochs,
      Summary examples,
      int runs,
      long failed) {}

  /**
   * One optimiser on one function.
   *
   * @param unconverged trials that ended above the tolerance without failing
   */
  record FunctionLine(
      String function,
      String optimizer,
      Integer paperSteps,
      Double paperFinal,
      Summary steps,
      Summary last,
      Double difference,
      long unconverged,
      long failed) {}

  /** Returns a table for every task that trains a model, with the paper's optimisers and ours. */
  List<Training> training(Results results) {
    List<Training> tables = new ArrayList<>();
    List<ResultRow> compared =
        results.rows().stream().filter(row -> row.isComparison() && !row.onFunction()).toList();
    Results.by(compared, ResultRow::group)
        .forEach(
            (title, rows) -> {
              ResultRow first = rows.get(0);
              tables.add(
                  new Training(
                      title, first.metric(), first.lowerIsBetter(), lines(first.task(), rows)));
            });
    return tables;
  }

  private List<TrainingLine> lines(String task, List<ResultRow> rows) {
    Map<String, List<ResultRow>> ours = Results.by(rows, ResultRow::curve);
    List<String> names =
        Stream.concat(paper.optimizers(task).stream(), ours.keySet().stream()).toList();
    return Results.inOrder(names).stream()
        .map(name -> line(task, name, ours.getOrDefault(name, List.of())))
        .toList();
  }

  /** An optimiser with its published hyperparameters, or with those of a search of ours. */
  private TrainingLine line(String task, String name, List<ResultRow> rows) {
    String optimizer = rows.isEmpty() ? name : rows.get(0).optimizer();
    Optional<Best> published = paper.best(task, optimizer);
    Double paperBest = published.map(Best::best).orElse(null);
    Double paperFinal = published.map(Best::last).orElse(null);
    Summary best = Summary.of(rows, ResultRow::best);
    Summary last = Summary.of(rows, ResultRow::last);
    return new TrainingLine(
        name,
        paperBest,
        paperFinal,
        paper.topFifty(task, optimizer).orElse(null),
        best,
        last,
        Summary.of(rows, ResultRow::bestFull),
        best.differenceTo(paperBest),
        Summary.of(rows, row -> number(row.epochs())),
        Summary.of(rows, row -> number(row.run().trainingExamples())),
        rows.size(),
        failed(rows));
  }

  /** Returns the lines of the functions of two variables. */
  List<FunctionLine> functions(Results results) {
    List<FunctionLine> lines = new ArrayList<>();
    List<ResultRow> rows =
        results.rows().stream().filter(row -> row.isComparison() && row.onFunction()).toList();
    Results.by(rows, ResultRow::function)
        .forEach(
            (function, trials) -> {
              Map<String, List<ResultRow>> ours = Results.by(trials, ResultRow::optimizer);
              Stream<String> published =
                  paper.lowDimensional().stream()
                      .filter(row -> row.function().equals(function))
                      .map(LowDimensional::optimizer);
              Results.inOrder(Stream.concat(published, ours.keySet().stream()).toList())
                  .forEach(
                      name ->
                          lines.add(
                              functionLine(function, name, ours.getOrDefault(name, List.of()))));
            });
    return lines;
  }

  private FunctionLine functionLine(String function, String optimizer, List<ResultRow> rows) {
    Optional<LowDimensional> published = paper.lowDimensional(function, optimizer);
    Integer paperSteps = published.map(LowDimensional::steps).orElse(null);
    Summary steps = Summary.of(rows, row -> number(row.steps()));
    return new FunctionLine(
        function,
        optimizer,
        paperSteps,
        published.map(LowDimensional::last).orElse(null),
        steps,
        Summary.of(rows, ResultRow::last),
        steps.differenceTo(paperSteps == null ? null : paperSteps.doubleValue()),
        rows.stream().filter(row -> !row.failed() && row.steps() == null).count(),
        failed(rows));
  }

  private static Double number(Number value) {
    return value == null ? null : value.doubleValue();
  }

  static long failed(List<ResultRow> rows) {
    return rows.stream().filter(ResultRow::failed).count();
  }
}
