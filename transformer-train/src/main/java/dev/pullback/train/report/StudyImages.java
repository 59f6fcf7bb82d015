package dev.pullback.train.report;

import dev.pullback.train.scaling.LearningRateSensitivity.Run;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of a study: the loss against the size, and against the learning rate at each size. */
final class StudyImages {

  private static final Marker[] MARKERS = {
    SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP
  };

  /** Labels are short. */
  private static final double THOUSAND = 1000;

  private final StudyPlan plan;
  private final List<StudyRow> rows;
  private final StartingLosses starts;
  private final List<String> ladder;
  private final List<String> names;

  private StudyImages(StudyPlan plan, List<StudyRow> rows, List<String> ladder) {
    this.plan = plan;
    this.rows = rows;
    this.starts = new StartingLosses(rows);
    this.ladder = ladder;
    this.names = plan.entries().stream().map(StudyPlan.Entry::name).toList();
  }

  /**
   * Draws what is complete so far.
   *
   * @param ladder names of the sizes that a curve of losses goes through
   * @return PNGs by name; none of what takes two points and has fewer
   */
  static Map<String, byte[]> of(StudyPlan plan, List<StudyRow> rows, List<String> ladder)
      throws IOException {
    StudyImages images = new StudyImages(plan, rows, ladder);
    Map<String, XYChart> charts = new LinkedHashMap<>();
    charts.put("loss.png", images.lossAgainstSize());
    for (String size : plan.sizes().keySet()) {
      charts.put("sensitivity-" + size + ".png", images.sensitivity(size));
    }
    Map<String, byte[]> drawn = new LinkedHashMap<>();
    for (Map.Entry<String, XYChart> chart : charts.entrySet()) {
      if (!chart.getValue().getSeriesMap().isEmpty()) {
        drawn.put(chart.getKey(), Charts.png(chart.getValue()));
      }
    }
    return drawn;
  }

  private static XYChart chart(String xAxis) {
    XYChart chart = Charts.of(xAxis, "validation loss");
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setXAxisLogarithmic(true);
    return chart;
  }

  /** Means of the evaluation's seeds with 95 % intervals. */
  private XYChart lossAgainstSize() {
    XYChart chart = chart("thousands of weights without embeddings");
    chart.getStyler().setXAxisLogarithmicDecadeOnly(false);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    for (String name : names) {
      Map<Double, Interval> points = new TreeMap<>();
      for (String size : ladder) {
        Interval loss =
            Interval.of(
                rows.stream()
                    .filter(row -> row.isOf(size, name))
                    .filter(row -> row.isEvaluation() && row.isComplete())
                    .mapToDouble(StudyRow::loss)
                    .toArray());
        Long weights = plan.sizes().get(size).weights();
        if (loss.mean() != null && weights != null) {
          points.put(weights / THOUSAND, loss);
        }
      }
      add(
          chart,
          name,
          List.copyOf(points.keySet()),
          points.values().stream().map(Interval::mean).toList(),
          points.values().stream()
              .map(loss -> loss.low() == null ? 0 : loss.mean() - loss.low())
              .toList());
    }
    return chart;
  }

  /**
   * The losses of tuning of those that search the learning rate alone. What diverged counts as if
   * it had ended where it began, as in its sensitivity.
   */
  private XYChart sensitivity(String size) {
    XYChart chart = chart("learning rate");
    chart.setTitle(size);
    for (StudyPlan.Entry entry : plan.entries(size)) {
      if (entry.search().keySet().equals(Set.of(StudyTuning.RATE))) {
        List<Run> runs =
            rows.stream()
                .filter(row -> row.isOf(size, entry.name()))
                .filter(row -> !row.isEvaluation())
                .filter(row -> row.isComplete() || row.status() == StudyRow.Status.FAILED)
                .map(row -> StudyTuning.run(row).notAbove(starts.of(size)))
                .filter(run -> Double.isFinite(run.loss()))
                .sorted(Comparator.comparingDouble(Run::rate))
                .toList();
        add(
            chart,
            entry.name(),
            runs.stream().map(Run::rate).toList(),
            runs.stream().map(Run::loss).toList(),
            null);
      }
    }
    return chart;
  }

  private void add(
      XYChart chart, String name, List<Double> x, List<Double> y, List<Double> halfIntervals) {
    if (x.size() > 1) {
      int index = names.indexOf(name);
      XYSeries series = chart.addSeries(name, x, y, halfIntervals);
      Charts.paint(series, index);
      // What has a colour again has another marker.
      series.setMarker(MARKERS[(index + index / Palette.size()) % MARKERS.length]);
    }
  }
}
