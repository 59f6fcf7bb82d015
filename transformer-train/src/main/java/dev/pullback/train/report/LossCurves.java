package dev.pullback.train.report;

import dev.pullback.train.InputException;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.store.MetricsFile.Point;
import dev.pullback.train.store.RunFolder;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Loss curves of several runs in one picture: training thin, validation bold. */
public final class LossCurves {

  private static final double SMOOTHING = 0.95;

  private final XYChart chart = Charts.of("step", "loss (nats per token)");

  private int runs;

  /** Creates an empty picture. */
  public LossCurves() {
    chart.getStyler().setYAxisDecimalPattern("0.0");
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    chart.getStyler().setXAxisMin(0.0);
  }

  /**
   * Adds the curves of a run.
   *
   * @param name what to call it in the legend; each run has another
   * @param run its folder
   * @throws InputException if its metrics cannot be read or hold no loss
   */
  public void add(String name, RunFolder run) {
    List<Point> train = MetricsFile.losses(run.metrics(), "train");
    List<Point> validation = MetricsFile.losses(run.metrics(), "validation");
    if (train.isEmpty()) {
      throw new InputException(run.metrics() + " holds no training loss yet");
    }
    Color colour = Palette.colour(runs++);
    Color pale = new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), 110);
    addSeries(name + ", training (smoothed)", smooth(train), pale, 1.2f);
    if (!validation.isEmpty()) {
      Point last = validation.get(validation.size() - 1);
      addSeries(
          String.format(Locale.ROOT, "%s, validation (%.3f)", name, last.loss()),
          validation,
          colour,
          2.4f);
    }
  }

  private void addSeries(String name, List<Point> points, Color colour, float width) {
    XYSeries series =
        chart.addSeries(
            name,
            points.stream().mapToDouble(Point::step).toArray(),
            points.stream().mapToDouble(Point::loss).toArray());
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(colour);
    series.setLineStyle(new BasicStroke(width));
  }

  /** A bias-corrected exponential average: single batches are noisy. */
  private static List<Point> smooth(List<Point> points) {
    double[] average = {0, 1};
    return points.stream()
        .map(
            point -> {
              average[0] = SMOOTHING * average[0] + (1 - SMOOTHING) * point.loss();
              average[1] *= SMOOTHING;
              return new Point(point.step(), average[0] / (1 - average[1]));
            })
        .toList();
  }

  /**
   * Writes the picture.
   *
   * @param file a PNG file, its name ending with {@code .png}; replaced if it exists
   * @throws InputException if the name ends otherwise
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    checkName(file);
    Files.write(file, Charts.png(chart));
  }

  /**
   * Checks that a picture's name says what it will be.
   *
   * @param file where {@link #write} is to put it
   * @throws InputException if it does not end with {@code .png}
   */
  public static void checkName(Path file) {
    if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new InputException(
          "the picture is a PNG, but its name is %s; name a file that ends with .png"
              .formatted(file));
    }
  }
}
