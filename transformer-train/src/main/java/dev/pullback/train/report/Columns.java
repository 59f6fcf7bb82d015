package dev.pullback.train.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
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

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Enough for a plot, and half the size of the page. */
  private static final MathContext DIGITS = new MathContext(5);

  private final int rows;
  private final Map<String, double[]> columns = new LinkedHashMap<>();

  /** Creates columns to be put in. */
  Columns(int rows) {
    this.rows = rows;
  }

  /**
   * Reads a file of one JSON object a line.
   *
   * @param file it may be missing, and a kill may have cut its last line off
   * @param names what to read
   */
  static Columns read(Path file, String... names) {
    List<JsonNode> lines = new ArrayList<>();
    try {
      if (Files.isRegularFile(file)) {
        Files.readAllLines(file).stream()
            .map(Columns::parse)
            .filter(JsonNode::isObject)
            .forEach(lines::add);
      }
    } catch (IOException e) {
      throw new InputException("cannot read the measurements " + file, e);
    }
    Columns columns = new Columns(lines.size());
    for (String name : names) {
      columns.put(
          name, lines.stream().mapToDouble(line -> line.path(name).asDouble(Double.NaN)).toArray());
    }
    return columns;
  }

  /** Reads a file of one JSON object that holds an array for each name. */
  static Columns readArrays(Path file, String... names) {
    JsonNode node = JSON.missingNode();
    try {
      if (Files.isRegularFile(file)) {
        node = parse(Files.readString(file));
      }
    } catch (IOException e) {
      throw new InputException("cannot read the path " + file, e);
    }
    Columns columns = new Columns(node.path(names[0]).size());
    for (String name : names) {
      double[] values = new double[columns.rows];
      for (int i = 0; i < values.length; i++) {
        values[i] = node.path(name).path(i).asDouble(Double.NaN);
      }
      columns.put(name, values);
    }
    return columns;
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
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
