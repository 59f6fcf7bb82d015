package dev.pullback.train.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.store.MetricsFile;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measurements by name, one number a row; NaN where a row lacks it. */
final class Columns {

  /** Enough for a plot, and half the size of the page. */
  private static final MathContext DIGITS = new MathContext(5);

  private final int rows;
  private final Map<String, double[]> columns = new LinkedHashMap<>();

  /** Creates columns to be put in. */
  Columns(int rows) {
    this.rows = rows;
  }

  /**
   * Reads the measurements of one split.
   *
   * @param file a {@code metrics.jsonl}; it may be missing
   * @param split {@code train} or {@code validation}
   * @param names what to read
   */
  static Columns read(Path file, String split, String... names) {
    List<ObjectNode> lines = new ArrayList<>();
    if (Files.isRegularFile(file)) {
      MetricsFile.lines(file, split, lines::add);
    }
    Columns columns = new Columns(lines.size());
    for (String name : names) {
      columns.put(
          name, lines.stream().mapToDouble(line -> line.path(name).asDouble(Double.NaN)).toArray());
    }
    return columns;
  }

  int rows() {
    return rows;
  }

  void put(String name, double[] values) {
    columns.put(name, values);
  }

  double[] get(String name) {
    return columns.get(name);
  }

  /**
   * Returns the columns that hold anything, thinned to evenly spread rows, the last among them.
   *
   * @param points at most so many rows, 2 or more
   * @return numbers rounded to 5 digits, null where they are not finite
   */
  Map<String, List<Double>> thin(int points) {
    Map<String, List<Double>> thinned = new LinkedHashMap<>();
    int kept = Math.min(rows, points);
    columns.forEach(
        (name, values) -> {
          if (Arrays.stream(values).anyMatch(Double::isFinite)) {
            List<Double> list = new ArrayList<>(kept);
            for (int i = 0; i < kept; i++) {
              list.add(round(values[kept == 1 ? 0 : (int) ((long) i * (rows - 1) / (kept - 1))]));
            }
            thinned.put(name, list);
          }
        });
    return thinned;
  }

  /** Rounds for the page; JSON has no NaN. */
  static Double round(double value) {
    return Double.isFinite(value) ? new BigDecimal(value).round(DIGITS).doubleValue() : null;
  }
}
