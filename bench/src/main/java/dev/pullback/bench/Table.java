package dev.pullback.bench;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measurements of rivals, printed with their ratios to some of them. */
final class Table {

  private final String title;
  private final String unit;
  private final boolean moreIsBetter;
  private final Map<String, Spread> rows = new LinkedHashMap<>();
  private final Map<String, Map<String, Double>> columns = new LinkedHashMap<>();
  private List<String> bases = List.of();

  Table(String title, String unit, boolean moreIsBetter) {
    this.title = title;
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
  }

  void add(String name, Spread spread) {
    rows.put(name, spread);
  }

  /** Says something else of a row, in a column of its own. */
  void note(String name, String column, double value) {
    columns.computeIfAbsent(column, c -> new LinkedHashMap<>()).put(name, value);
  }

  /** Names the rows to compare with; those that are not there are left out. */
  Table comparedWith(String... names) {
    bases = List.of(names).stream().filter(rows::containsKey).toList();
    return this;
  }

  void print(PrintWriter out) {
    out.printf("%n### %s%n%n", title);
    out.printf(
        "Median of one run (5th to 95th percentile, or extremes of fewer than 20); ratios above 1 are"
            + " %s.%n%n",
        moreIsBetter ? "faster" : "slower");
    StringBuilder head = new StringBuilder("| | ").append(unit).append(" | spread |");
    columns.keySet().forEach(column -> head.append(' ').append(column).append(" |"));
    bases.forEach(base -> head.append(" to ").append(base).append(" |"));
    out.println(head);
    out.println("|---|---|---|" + "---|".repeat(columns.size() + bases.size()));
    rows.forEach(
        (name, spread) -> {
          out.printf(
              "| %s | %s | %s to %s |",
              name, number(spread.median()), number(spread.low()), number(spread.high()));
          columns.values().forEach(values -> out.printf(" %s |", cell(values.get(name))));
          for (String base : bases) {
            out.printf(" %.2f |", spread.median() / rows.get(base).median());
          }
          out.println();
        });
    out.flush();
  }

  private static String cell(Double value) {
    return value == null ? "" : number(value);
  }

  private static String number(double value) {
    return value < 100 ? "%.2f".formatted(value) : "%,.0f".formatted(value);
  }
}
