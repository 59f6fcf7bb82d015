package dev.pullback.train.report;

import static java.lang.Math.PI;
import static java.lang.Math.cos;
import static java.lang.Math.exp;
import static java.lang.Math.log10;
import static java.lang.Math.sqrt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** The functions of two variables, on the squares that their trajectories are drawn on. */
enum Landscape {
  BEALE(-4.5, -4.5, 9),
  ROSENBROCK(-1.5, -1.5, 3.5),
  HIMMELBLAU(-6, -6, 12),
  ACKLEY(-4, -4, 8),
  RASTRIGIN(-5.12, -5.12, 10.24);

  private static final int CELLS = 100;
  private static final int LEVELS = 12;

  private final double left;
  private final double bottom;
  private final double side;

  Landscape(double left, double bottom, double side) {
    this.left = left;
    this.bottom = bottom;
    this.side = side;
  }

  /**
   * The logarithm of a function on a square grid, for contours.
   *
   * @param function its name
   * @param left the square's least x
   * @param bottom the square's least y
   * @param side the square's width and height
   * @param cells values a row; each stands for the middle of its cell
   * @param values log10 f, row by row from the bottom
   * @param levels where to draw contours
   */
  record Grid(
      String function,
      double left,
      double bottom,
      double side,
      int cells,
      List<Double> values,
      List<Double> levels) {}

  /** Returns the grids of those names that are functions. */
  static List<Grid> grids(List<String> names) {
    return Arrays.stream(values())
        .filter(function -> names.contains(function.key()))
        .map(Landscape::grid)
        .toList();
  }

  /** Returns a function's name as results give it. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  double value(double x, double y) {
    return switch (this) {
      case BEALE ->
          square(1.5 - x + x * y)
              + square(2.25 - x + x * y * y)
              + square(2.625 - x + x * y * y * y);
      case ROSENBROCK -> square(1 - x) + 100 * square(y - x * x);
      case HIMMELBLAU -> square(x * x + y - 11) + square(x + y * y - 7);
      case ACKLEY ->
          -20 * exp(-0.2 * sqrt((x * x + y * y) / 2))
              - exp((cos(2 * PI * x) + cos(2 * PI * y)) / 2)
              + 20
              + exp(1);
      case RASTRIGIN -> 20 + x * x - 10 * cos(2 * PI * x) + y * y - 10 * cos(2 * PI * y);
    };
  }

  Grid grid() {
    List<Double> values = new ArrayList<>(CELLS * CELLS);
    for (int row = 0; row < CELLS; row++) {
      for (int column = 0; column < CELLS; column++) {
        double x = left + (column + 0.5) * side / CELLS;
        double y = bottom + (row + 0.5) * side / CELLS;
        values.add(Math.round(1e3 * log10(Math.max(value(x, y), 1e-12))) / 1e3);
      }
    }
    // By rank, so that the lines spread over the square whatever the function; denser at the
    // minima.
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    List<Double> levels = new ArrayList<>();
    for (int i = 0; i < LEVELS; i++) {
      double part = square((i + 0.5) / LEVELS);
      levels.add(sorted.get((int) (part * (sorted.size() - 1))));
    }
    return new Grid(key(), left, bottom, side, CELLS, values, levels);
  }

  private static double square(double value) {
    return value * value;
  }
}
