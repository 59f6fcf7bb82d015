package dev.pullback.train.report;

import dev.pullback.train.study.ResultRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A picture for each task: the metric at each epoch, the mean over the seeds. */
final class ReportImages {

  private ReportImages() {}

  /** A mean curve; failed trials are no part of it. */
  private record Curve(String name, int colour, List<Double> at, List<Double> mean) {}

  /** Writes {@code TASK.png} for every task, function and ablation that has curves. */
  static void write(Path out, Results results, List<TrialCurves> trials) throws IOException {
    for (Map.Entry<String, Map<String, List<TrialCurves>>> group :
        CurveGroups.byGroupAndCurve(trials).entrySet()) {
      List<Curve> curves = new ArrayList<>();
      for (String name : Results.inOrder(List.copyOf(group.getValue().keySet()))) {
        List<TrialCurves> own = group.getValue().get(name);
        ResultRow row = own.get(0).row();
        Curve curve = mean(name, CurveGroups.colour(results, row, curves.size()), own);
        if (curve.mean().size() > 1) {
          curves.add(curve);
        }
      }
      if (!curves.isEmpty()) {
        ResultRow row = group.getValue().values().iterator().next().get(0).row();
        Files.write(out.resolve(fileName(group.getKey())), Charts.png(chart(row, curves)));
      }
    }
  }

  static String fileName(String group) {
    return group.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".png";
  }

  /** Averages as far as all trials went, so that no trial's end bends the curve. */
  private static Curve mean(String name, int colour, List<TrialCurves> trials) {
    List<double[]> metrics =
        trials.stream()
            .filter(trial -> !trial.row().failed() && trial.epochs().rows() > 0)
            .map(ReportImages::values)
            .toList();
    int length = metrics.stream().mapToInt(values -> values.length).min().orElse(0);
    List<Double> at = new ArrayList<>(length);
    List<Double> mean = new ArrayList<>(length);
    boolean functions = trials.get(0).row().onFunction();
    for (int i = 0; i < length; i++) {
      int place = i;
      at.add(functions ? (double) i : i + 1.0);
      mean.add(metrics.stream().mapToDouble(values -> values[place]).average().orElse(Double.NaN));
    }
    return new Curve(name, colour, at, mean);
  }

  private static double[] values(TrialCurves trial) {
    return trial.row().onFunction() ? trial.epochs().get("loss") : trial.metric();
  }

  private static XYChart chart(ResultRow row, List<Curve> curves) {
    boolean functions = row.onFunction();
    String metric = row.metric() == null ? "metric" : row.metric();
    XYChart chart = Charts.of(functions ? "step" : "epoch", functions ? "f(x, y)" : metric);
    chart.setTitle(row.group());
    if (!row.lowerIsBetter()) {
      chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideSE);
    }
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    chart.getStyler().setXAxisMin(0.0);
    DoubleSummaryStatistics range =
        curves.stream()
            .flatMap(curve -> curve.mean().stream())
            .mapToDouble(Double::doubleValue)
            .summaryStatistics();
    chart.getStyler().setYAxisLogarithmic(row.lowerIsBetter() && range.getMin() > 0);
    // Powers of ten are enough labels where there are several.
    chart.getStyler().setYAxisLogarithmicDecadeOnly(range.getMax() > 100 * range.getMin());
    for (Curve curve : curves) {
      XYSeries series = chart.addSeries(curve.name(), curve.at(), curve.mean());
      series.setMarker(SeriesMarkers.NONE);
      Charts.paint(series, curve.colour());
    }
    return chart;
  }
}
