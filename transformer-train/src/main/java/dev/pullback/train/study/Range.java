package dev.pullback.train.study;

import dev.pullback.train.config.YamlNode;
import java.util.List;

/**
 * Where a hyperparameter is searched.
 *
 * @param low the least value
 * @param high the largest value, above {@code low}
 * @param logarithmic whether its logarithm is spread evenly; then {@code low} is above 0
 */
public record Range(double low, double high, boolean logarithmic) implements SearchSpace.Axis {

  /** What share of a range counts as its edge. */
  private static final double EDGE = 0.05;

  /** Reads {@code [low, high, log]} or {@code [low, high, linear]}. */
  static Range of(YamlNode node) {
    List<YamlNode> items = node.list();
    if (items.size() != 3 || !List.of("log", "linear").contains(items.get(2).text())) {
      throw node.refusal("expected [low, high, log] or [low, high, linear]");
    }
    Range range =
        new Range(number(items.get(0)), number(items.get(1)), items.get(2).text().equals("log"));
    if (!(range.low < range.high)) {
      throw node.refusal("%s is not below %s".formatted(range.low, range.high));
    }
    if (range.logarithmic && !(range.low > 0)) {
      throw node.refusal(
          "a logarithmic range begins above 0, but this at %s; write linear".formatted(range.low));
    }
    return range;
  }

  private static double number(YamlNode node) {
    if (!node.text().matches("[-+]?[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?|[-+]?[0-9]+\\.")) {
      throw node.refusal("'%s' is no number".formatted(node.text()));
    }
    double value = Double.parseDouble(node.text());
    if (Double.isInfinite(value)) {
      throw node.refusal("%s is too large".formatted(node.text()));
    }
    return value;
  }

  @Override
  public double value(double unit) {
    return logarithmic ? low * Math.pow(high / low, unit) : low + unit * (high - low);
  }

  /**
   * Tells where a value lies.
   *
   * @param value a value of the range
   * @return whether it is within 5 % of one of the ends
   */
  public boolean isAtEdge(double value) {
    double unit =
        logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return unit < EDGE || unit > 1 - EDGE;
  }

  @Override
  public String toString() {
    return "%s to %s%s".formatted(low, high, logarithmic ? ", log" : "");
  }
}
