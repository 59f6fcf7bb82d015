package dev.pullback.train.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;

/** How pictures look. */
final class Charts {

  private Charts() {}

  static XYChart of(String xAxis, String yAxis) {
    XYChart chart =
        new XYChartBuilder().width(1000).height(560).xAxisTitle(xAxis).yAxisTitle(yAxis).build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  /** Gives a series a colour of its own; dashes tell curves apart once the colours repeat. */
  static void paint(XYSeries series, int colour) {
    float[] dashes = colour < Palette.size() ? null : new float[] {6, 4};
    series.setLineColor(Palette.colour(colour));
    series.setMarkerColor(Palette.colour(colour));
    series.setLineStyle(
        new BasicStroke(2.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0));
  }

  static byte[] png(XYChart chart) throws IOException {
    return BitmapEncoder.getBitmapBytes(chart, BitmapEncoder.BitmapFormat.PNG);
  }
}
