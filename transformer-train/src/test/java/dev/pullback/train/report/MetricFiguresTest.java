package dev.pullback.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.InducedMetric;
import dev.pullback.train.task.TestFunction;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws the figures of {@code docs/general-metric.md} from steps that the library takes, in
 * float64, and holds the page to them; {@code -Dpullback.write=true} writes figures and table.
 */
class MetricFiguresTest {

  private static final Path DOCS = Path.of(System.getProperty("pullback.root", ".."), "docs");
  private static final Path PAGE = DOCS.resolve("general-metric.md");
  private static final String BEGIN = "<!-- MetricFiguresTest writes from here -->\n";
  private static final String END = "<!-- to here -->\n";
  private static final int STEPS = 250;
  private static final double REACHED = 1e-2;
  private static final Color CONTOUR = new Color(0xC4C4C4);

  /** A point of a plane. */
  private record At(double x, double y) {}

  /** A way to take part in the metric, and how figures call it. */
  private record Form(String name, Supplier<InducedMetric.Builder> builder) {}

  /** A function of two variables, the level curve that goes around its minimum, and a window. */
  private record Surface(
      String file,
      String formula,
      BinaryOperator<NDArray> function,
      At start,
      At minimum,
      Level level,
      At low,
      At high) {}

  /** A point of a level curve. */
  @FunctionalInterface
  private interface Level {

    At at(double height, double angle);
  }

  /** Where a descent went, the start first, and how high it was there. */
  private record Descent(List<At> points, List<Double> heights) {

    /** Returns the first step that is low enough, or what is said instead. */
    String reached() {
      int step =
          IntStream.range(0, heights.size())
              .filter(i -> heights.get(i) <= REACHED)
              .findFirst()
              .orElse(-1);
      int last = heights.size() - 1;
      return step >= 0 ? "" + step : last == STEPS ? "over " + STEPS : "away after " + last;
    }
  }

  private static final Surface VALLEY =
      new Surface(
          "metric-quadratic.png",
          "(x² + 40y²) / 2",
          (x, y) -> x.square().add(y.square().mul(40)).mul(0.5),
          new At(-4, 1.5),
          new At(0, 0),
          (h, a) -> new At(Math.sqrt(2 * h) * Math.cos(a), Math.sqrt(h / 20) * Math.sin(a)),
          new At(-4.6, -2.2),
          new At(1.6, 2.2));

  private static final Surface ROSENBROCK =
      new Surface(
          "metric-rosenbrock.png",
          "(1-x)² + 100(y-x²)²",
          TestFunction.ROSENBROCK::value,
          new At(TestFunction.ROSENBROCK.start()[0], TestFunction.ROSENBROCK.start()[1]),
          new At(1, 1),
          (h, a) -> {
            double x = 1 + Math.sqrt(h) * Math.cos(a);
            return new At(x, x * x + Math.sqrt(h) / 10 * Math.sin(a));
          },
          new At(-0.4, -0.4),
          new At(1.6, 1.9));

  /** The forms with a learning rate and ξ of their own. */
  private static List<Form> forms(double rate, double xi) {
    Supplier<InducedMetric.Builder> plain =
        () -> InducedMetric.builder().optLearningRate(rate).optXi(xi);
    return List.of(
        new Form("base", () -> plain.get().optXi(0)),
        new Form("scale", () -> plain.get().optBeta(0)),
        new Form("exact", () -> plain.get().optExact()),
        new Form("cross +0.5", () -> plain.get().optCrossTerm(0.5)),
        new Form("cross -0.5", () -> plain.get().optCrossTerm(-0.5)));
  }

  @Test
  void thePageShowsWhatTheLibraryDoes(@TempDir Path folder) throws IOException {
    boolean write = Boolean.getBoolean("pullback.write");
    Path images = write ? DOCS.resolve("images") : folder;
    StringBuilder table = new StringBuilder();
    table.append("| steps until f ≤ 0.01 | η | ξ | base | scale | exact | c = 0.5 | c = -0.5 |\n");
    table.append("|---|---|---|---|---|---|---|---|\n");
    table.append(row(VALLEY, 0.03, 0.001, null));
    table.append(row(VALLEY, 0.03, 0.01, images));
    table.append(row(ROSENBROCK, 0.03, 0.001, null));
    table.append(row(ROSENBROCK, 0.03, 0.01, null));
    table.append(row(ROSENBROCK, 0.03, 0.1, images));
    save(lengths(), images.resolve("metric-length.png"));
    save(scales(), images.resolve("metric-relative.png"));
    for (String figure : List.of("quadratic", "rosenbrock", "length", "relative")) {
      String name = "metric-" + figure + ".png";
      assertTrue(Files.size(images.resolve(name)) > 10_000, name);
      assertTrue(Files.readString(PAGE).contains("](images/" + name + ")"), name);
    }
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    String expected = page.substring(0, begin) + table + page.substring(page.indexOf(END));
    if (write) {
      Files.writeString(PAGE, expected);
    }
    assertEquals(expected, Files.readString(PAGE), PAGE + " is out of date; see CONTRIBUTING.md");
  }

  /** Descends in every form, and draws it where images are wanted. */
  private static String row(Surface surface, double rate, double xi, Path images)
      throws IOException {
    List<Form> forms = forms(rate, xi);
    List<Descent> descents =
        forms.stream().map(form -> descend(surface, form.builder().get())).toList();
    if (images != null) {
      List<XYChart> charts = new ArrayList<>();
      for (int i = 0; i < forms.size(); i++) {
        charts.add(map(surface, forms.get(i).name(), descents.get(i), Palette.colour(i)));
      }
      charts.add(heights(forms, descents));
      BitmapEncoder.saveBitmap(
          charts, 2, 3, images.resolve(surface.file()).toString(), BitmapEncoder.BitmapFormat.PNG);
    }
    return descents.stream()
        .map(Descent::reached)
        .collect(
            Collectors.joining(
                " | ", "| %s | %s | %s | ".formatted(surface.formula(), rate, xi), " |\n"));
  }

  private static Descent descend(Surface surface, InducedMetric.Builder builder) {
    Descent descent = new Descent(new ArrayList<>(), new ArrayList<>());
    try (NDManager manager = NDManager.newBaseManager();
        InducedMetric optimizer = builder.build()) {
      Point point = new Point(manager, surface.start().x(), surface.start().y());
      optimizer.bind(point);
      for (int step = 0; step <= STEPS; step++) {
        NDArray position = point.position();
        double[] values = position.toDoubleArray();
        descent.points().add(new At(values[0], values[1]));
        try (NDScope scope = new NDScope();
            GradientCollector collector = Engine.getInstance().newGradientCollector()) {
          scope.suppressNotUsedWarning();
          NDArray height = surface.function().apply(position.get(0), position.get(1));
          collector.backward(height);
          descent.heights().add(height.getDouble());
        }
        if (descent.heights().get(step) > 1e9) {
          break;
        }
        optimizer.step();
      }
    }
    return descent;
  }

  /** The path of a descent over level curves. */
  private static XYChart map(Surface surface, String name, Descent descent, Color colour) {
    XYChart chart = chart(name + ": " + descent.reached() + " steps", "x", "y");
    chart.getStyler().setXAxisMin(surface.low().x()).setXAxisMax(surface.high().x());
    chart.getStyler().setYAxisMin(surface.low().y()).setYAxisMax(surface.high().y());
    chart.getStyler().setPlotGridLinesVisible(false).setLegendVisible(false);
    for (double height : new double[] {0.03, 0.3, 1, 3, 10, 30, 100}) {
      List<At> level =
          IntStream.rangeClosed(0, 2000)
              .mapToObj(i -> surface.level().at(height, Math.PI * i / 1000))
              .toList();
      line(chart, "level " + height, level, CONTOUR, 1.2f);
    }
    line(chart, name, descent.points(), colour, 2);
    chart.getSeriesMap().get(name).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(colour);
    XYSeries least = line(chart, "minimum", List.of(surface.minimum()), Color.BLACK, 1);
    least.setMarker(SeriesMarkers.CROSS).setMarkerColor(Color.BLACK);
    return chart;
  }

  private static XYChart heights(List<Form> forms, List<Descent> descents) {
    XYChart chart = chart("the way down", "step", "f(x, y)");
    chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(1e-9).setYAxisMax(1e3);
    chart.getStyler().setYAxisLogarithmicDecadeOnly(true);
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(200.0);
    chart.getStyler().setXAxisDecimalPattern("0");
    chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideSW);
    for (int i = 0; i < forms.size(); i++) {
      List<Double> heights = descents.get(i).heights();
      List<At> points =
          IntStream.range(0, Math.min(heights.size(), 201))
              .mapToObj(step -> new At(step, Math.max(heights.get(step), 1e-12)))
              .toList();
      line(chart, forms.get(i).name(), points, Palette.colour(i), 2.2f);
    }
    return chart;
  }

  /** The length of one step against that of the gradient. */
  private static XYChart lengths() {
    XYChart chart = chart("", "length of the gradient", "length of the step, η = 1");
    List<Double> lengths = DoubleStream.iterate(0.2, x -> x <= 10, x -> x + 0.2).boxed().toList();
    curve(chart, "base (ξ = 0)", 0, lengths, () -> plain(0));
    curve(chart, "ξ = 0.04", 1, lengths, () -> plain(0.04));
    curve(chart, "ξ = 0.25", 2, lengths, () -> plain(0.25));
    curve(chart, "ξ = 1", 3, lengths, () -> plain(1));
    curve(chart, "clipped at norm 1", 6, lengths, () -> plain(0).optClipGradientNorm(1));
    chart.getSeriesMap().get("clipped at norm 1").setLineStyle(dashed());
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(4.0).setXAxisMin(0.0).setXAxisMax(10.0);
    return chart;
  }

  /** The scale of a step whose trace is some multiple of that of the step before. */
  private static XYChart scales() {
    XYChart chart = chart("", "T relative to its average so far", "s");
    List<Double> ratios = DoubleStream.iterate(0.01, x -> x < 101, x -> x * 1.25).boxed().toList();
    int colour = 0;
    for (double kappa : new double[] {0.5, 1, 4}) {
      List<At> curve = new ArrayList<>();
      for (double ratio : ratios) {
        double scale = scale(plain().optRelativeXi(kappa), 1, ratio);
        assertEquals((1 + kappa) / (1 + kappa * ratio), scale, 1e-12);
        assertEquals(scale, scale(plain().optRelativeXi(kappa), 1e6, ratio), 1e-9, "any size");
        curve.add(new At(ratio, scale));
      }
      line(chart, "κ = %.1f".formatted(kappa), curve, Palette.colour(colour++), 2.4f);
    }
    for (double usual : new double[] {1, 100}) {
      List<At> curve =
          ratios.stream().map(ratio -> new At(ratio, scale(plain(1), usual, ratio))).toList();
      line(chart, "ξ = 1, T usually %.0f".formatted(usual), curve, Palette.colour(colour++), 2.4f)
          .setLineStyle(dashed());
    }
    chart.getStyler().setXAxisLogarithmic(true).setXAxisMin(0.01).setXAxisMax(100.0);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(5.0);
    return chart;
  }

  private static InducedMetric.Builder plain(double xi) {
    return plain().optXi(xi);
  }

  private static InducedMetric.Builder plain() {
    return InducedMetric.builder().optLearningRate(1).optMomentum(0).optBeta(0);
  }

  private static void curve(
      XYChart chart,
      String name,
      int colour,
      List<Double> lengths,
      Supplier<InducedMetric.Builder> builder) {
    List<At> points =
        lengths.stream()
            .map(length -> new At(length, Math.abs(move(builder.get(), length))))
            .toList();
    line(chart, name, points, Palette.colour(colour), 2.4f);
  }

  /** Returns how far one step with this gradient goes. */
  private static double move(InducedMetric.Builder builder, double gradient) {
    try (NDManager manager = NDManager.newBaseManager();
        InducedMetric optimizer = builder.build()) {
      Point point = new Point(manager, 0);
      optimizer.bind(point);
      step(optimizer, point, gradient);
      return point.position().toDoubleArray()[0];
    }
  }

  /** Returns the scale of a step whose trace is a multiple of what it was in the step before. */
  private static double scale(InducedMetric.Builder builder, double usual, double ratio) {
    try (NDManager manager = NDManager.newBaseManager();
        InducedMetric optimizer = builder.build()) {
      Point point = new Point(manager, 0);
      optimizer.bind(point);
      step(optimizer, point, Math.sqrt(usual));
      step(optimizer, point, Math.sqrt(usual * ratio));
      return optimizer.lastReport().metricScale();
    }
  }

  private static void step(InducedMetric optimizer, Point point, double gradient) {
    try (NDScope scope = new NDScope();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray position = point.position();
      NDArray slope =
          HostValues.on(position.getManager()).create(new double[] {gradient}, new Shape(1));
      collector.backward(position.mul(slope).sum());
    }
    optimizer.step();
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(title.isEmpty() ? 1000 : 500)
            .height(title.isEmpty() ? 560 : 440)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    Font text = new Font(Font.SANS_SERIF, Font.PLAIN, title.isEmpty() ? 16 : 20);
    chart.getStyler().setChartBackgroundColor(Color.WHITE).setBaseFont(text);
    chart.getStyler().setChartTitleFont(text.deriveFont(Font.BOLD, 22)).setLegendFont(text);
    chart.getStyler().setAxisTitleFont(text).setAxisTickLabelsFont(text);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE).setMarkerSize(5);
    return chart;
  }

  private static XYSeries line(
      XYChart chart, String name, List<At> points, Color colour, float width) {
    XYSeries series =
        chart.addSeries(
            name,
            points.stream().mapToDouble(At::x).toArray(),
            points.stream().mapToDouble(At::y).toArray());
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(colour);
    series.setLineStyle(new BasicStroke(width));
    return series;
  }

  private static BasicStroke dashed() {
    return new BasicStroke(
        2.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {7, 5}, 0);
  }

  private static void save(XYChart chart, Path file) throws IOException {
    BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
  }

  /** A block whose one parameter is a point. */
  private static final class Point extends AbstractBlock {

    private final Parameter parameter;

    @SuppressWarnings("this-escape")
    Point(NDManager manager, double... values) {
      NDArray array = HostValues.on(manager).create(values).duplicate();
      array.setRequiresGradient(true);
      parameter =
          addParameter(
              Parameter.builder()
                  .setName("point")
                  .setType(Parameter.Type.WEIGHT)
                  .optArray(array)
                  .build());
    }

    NDArray position() {
      return parameter.getArray();
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      throw new UnsupportedOperationException("A point has no forward pass");
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }
}
