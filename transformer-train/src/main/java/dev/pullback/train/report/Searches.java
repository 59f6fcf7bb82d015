package dev.pullback.train.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What searches for hyperparameters found: the best trial of every optimiser. */
final class Searches {

  private Searches() {}

  /** The trials on one data set or function. */
  record Search(String title, String metric, List<Line> lines) {}

  /**
   * One optimiser.
   *
   * @param trials all of its trials, failed ones too
   * @param best the best one's metric, or null if all failed
   * @param steps the best one's steps to convergence, or null
   * @param trial the best one's number, or null
   * @param hyperparameters the best one's
   */
  record Line(
      String optimizer,
      int trials,
      long failed,
      Double best,
      Long steps,
      String trial,
      Map<String, Double> hyperparameters) {}

  /** Returns the searches, in the order of the file. */
  static List<Search> of(Results results) {
    List<ResultRow> rows = results.rows().stream().filter(ResultRow::isSearch).toList();
    List<Search> searches = new ArrayList<>();
    Results.by(rows, ResultRow::group)
        .forEach(
            (title, trials) -> {
              Map<String, List<ResultRow>> own = Results.by(trials, ResultRow::optimizer);
              searches.add(
                  new Search(
                      title,
                      trials.get(0).metric(),
                      Results.inOrder(List.copyOf(own.keySet())).stream()
                          .map(name -> line(name, own.get(name)))
                          .toList()));
            });
    return searches;
  }

  private static Line line(String optimizer, List<ResultRow> rows) {
    long failed = PaperTables.failed(rows);
    return ResultRow.bestOf(rows)
        .map(
            best ->
                new Line(
                    optimizer,
                    rows.size(),
                    failed,
                    best.best(),
                    best.steps(),
                    best.variant(),
                    best.hyperparameters()))
        .orElseGet(() -> new Line(optimizer, rows.size(), failed, null, null, null, Map.of()));
  }
}
