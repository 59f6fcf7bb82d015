package dev.pullback.train.report;

import dev.pullback.train.paper.PaperFigures;
import dev.pullback.train.store.PartialFile;
import dev.pullback.train.study.ResultRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code report.html}: what {@code ./pullback paper} found, beside the paper's figures, in one file
 * that opens without a network.
 */
public final class Report {

  private static final List<String> LIBRARIES =
      List.of(
          HtmlPage.ECHARTS,
          "d3-array/3.2.4/dist/d3-array.min.js",
          "d3-contour/4.0.2/dist/d3-contour.min.js");

  private Report() {}

  /** What the page's script draws; its names are the script's. */
  private record Page(
      List<String> colours,
      List<PaperTables.Training> training,
      List<PaperTables.FunctionLine> functions,
      List<Searches.Search> searches,
      List<Ablations.Ablation> ablations,
      List<CurveGroups.Group> groups,
      List<Speedruns.Speedrun> speedruns,
      List<Landscape.Grid> grids,
      List<WallClock.Table> wallClock,
      List<TrialLine> trials) {}

  /** A trial in the list of all. */
  private record TrialLine(
      String group,
      String optimizer,
      String variant,
      Long seed,
      boolean failed,
      String failure,
      Long epochs,
      Map<String, Double> hyperparameters,
      ResultRow.Run run) {}

  /**
   * Writes the report of a folder, whether or not its experiments are complete, and beside it a PNG
   * of every task's curves.
   *
   * @param out a folder that {@code ./pullback paper} wrote, with {@code results.json}
   * @return the file
   * @throws dev.pullback.train.InputException if the folder holds no results
   * @throws IOException if the file cannot be written
   */
  public static Path write(Path out) throws IOException {
    Results results = Results.read(out);
    List<TrialCurves> trials =
        Searches.drawn(results).stream().map(row -> TrialCurves.read(out, row)).toList();
    Path file = out.resolve("report.html");
    try (PartialFile partial = PartialFile.beside(file)) {
      Files.writeString(partial.path(), HtmlPage.of("paper", LIBRARIES, page(results, trials)));
      partial.commit();
    }
    ReportImages.write(out, results, trials);
    return file;
  }

  private static Page page(Results results, List<TrialCurves> trials) {
    PaperFigures paper = PaperFigures.load();
    PaperTables tables = new PaperTables(paper);
    List<CurveGroups.Group> groups = CurveGroups.of(results, trials);
    return new Page(
        Palette.css(),
        tables.training(results),
        tables.functions(results),
        Searches.of(results),
        Ablations.of(results),
        groups,
        Speedruns.of(paper, trials),
        Landscape.grids(groups.stream().map(CurveGroups.Group::function).toList()),
        WallClock.of(trials),
        results.rows().stream().map(Report::line).toList());
  }

  private static TrialLine line(ResultRow row) {
    return new TrialLine(
        row.group(),
        row.optimizer(),
        row.variant(),
        row.seed(),
        row.failed(),
        row.failure(),
        row.epochs(),
        row.hyperparameters(),
        row.run());
  }
}
