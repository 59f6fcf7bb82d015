package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Holds both solvers to what is known of the points of the Chinchilla figure, and the table of
 * {@code docs/scaling-fits.md} to both; {@code -Dpullback.write=true} writes it.
 */
class ChinchillaTest {

  private static final Path PAGE =
      Path.of(System.getProperty("pullback.root", ".."), "docs", "scaling-fits.md");
  private static final String BEGIN = "<!-- ChinchillaTest writes from here -->\n";
  private static final String END = "<!-- to here -->\n";
  private static final int LEFT_OUT = 5;
  private static final double THREE_DIGITS = 5e-4;

  /** The minimum, as NumPy and SciPy's simplex find it. */
  private static final Map<String, Double> MINIMUM = new LinkedHashMap<>();

  /** What Besiroglu et al. published. */
  private static final Map<String, Double> PUBLISHED =
      Map.of("E", 1.8172, "A", 482.0, "alpha", 0.3478, "B", 2085.4, "beta", 0.3658);

  static {
    MINIMUM.put("E", 1.8172);
    MINIMUM.put("A", 477.8);
    MINIMUM.put("alpha", 0.3473);
    MINIMUM.put("B", 2143.0);
    MINIMUM.put("beta", 0.3672);
  }

  @Test
  void bothSolversFindTheMinimum() throws IOException {
    ScalingData data = ScalingData.of(points());
    LawFitter fitter = LawFitter.forData(data);
    assertEquals(ScalingLaw.Form.SIZE_AND_TOKENS, fitter.form());
    LawFit projected = fitter.byVariableProjection(data);
    LawFit searched = fitter.byLbfgs(data);
    for (LawFit fit : List.of(projected, searched)) {
      assertTrue(fit.converged());
      assertEquals(1.018274e-3, fit.objective(), 5e-10);
      MINIMUM.forEach(
          (name, value) ->
              assertEquals(value, fit.law().values().get(name), THREE_DIGITS * value, name));
    }
    assertTable(projected, searched);
  }

  private static List<LossPoint> points() throws IOException {
    List<LossPoint> points = new ArrayList<>();
    try (InputStream csv =
        ChinchillaTest.class.getResourceAsStream("/chinchilla/svg_extracted_data.csv")) {
      List<String> lines = new String(csv.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      List<String> names = List.of(lines.get(0).split(",", -1));
      for (String line : lines.subList(1, lines.size())) {
        String[] fields = line.split(",", -1);
        double size = Double.parseDouble(fields[names.indexOf("Model Size")]);
        double flop = Double.parseDouble(fields[names.indexOf("Training FLOP")]);
        double loss = Double.parseDouble(fields[names.indexOf("loss")]);
        points.add(new LossPoint("adamw", size, flop / (6 * size), points.size(), loss));
      }
    }
    points.sort(Comparator.comparingDouble(LossPoint::loss));
    return points.subList(0, points.size() - LEFT_OUT);
  }

  private static void assertTable(LawFit projected, LawFit searched) throws IOException {
    StringBuilder table =
        new StringBuilder(
            "| | published (2404.10102) | minimum (SciPy) | variable projection | L-BFGS |\n|---|---|---|---|---|\n");
    MINIMUM.forEach(
        (name, value) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %.6g | %.6g |\n",
                    name,
                    PUBLISHED.get(name),
                    value,
                    projected.law().values().get(name),
                    searched.law().values().get(name))));
    table.append(
        String.format(
            Locale.ROOT,
            "| objective | | 1.018274e-3 | %.6e | %.6e |\n",
            projected.objective(),
            searched.objective()));
    String page = Files.readString(PAGE);
    String expected =
        page.substring(0, page.indexOf(BEGIN) + BEGIN.length())
            + table
            + page.substring(page.indexOf(END));
    if (Boolean.getBoolean("pullback.write")) {
      Files.writeString(PAGE, expected);
    }
    assertEquals(expected, Files.readString(PAGE), PAGE + " is out of date; see CONTRIBUTING.md");
  }
}
