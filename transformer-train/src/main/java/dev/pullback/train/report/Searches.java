package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What searches for hyperparameters found: the best trial of every optimiser. */
final class Searches {

  private Searches() {}

  /** The trials on one data set or function. */
  record Search(String title, String metric, List<Line> lines) {}

  /**
   * One optimiser.
   *
   * @param trials all of its trials, failed ones too
   * @param best the best one, or null if all failed
   */
  record Line(String optimizer, int trials, long failed, ResultRow best) {}

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
    return new Line(
        optimizer, rows.size(), PaperTables.failed(rows), ResultRow.bestOf(rows).orElse(null));
  }

  /** Returns the trials whose curves are worth drawing: all, but of searches the best ones only. */
  static List<ResultRow> drawn(Results results) {
    Set<ResultRow> best = new HashSet<>();
    of(results).forEach(search -> search.lines().forEach(line -> best.add(line.best())));
    return results.rows().stream().filter(row -> !row.isSearch() || best.contains(row)).toList();
  }
}
