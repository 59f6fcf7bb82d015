package dev.pullback.train.report;

import dev.pullback.train.scaling.Estimate;
import java.util.Locale;

/**
 * An estimate as JSON has it.
 *
 * @param value the estimate, null where it is infinite
 * @param low the lower end of its 95 % interval, null where nothing bounds it
 * @param high the upper end, null where nothing bounds it
 */
record Bounds(Double value, Double low, Double high) {

  /** Searched by its logarithm, what is 0 ends anywhere below this. */
  private static final double NOTHING = 1e-12;

  static Bounds of(Estimate estimate) {
    return new Bounds(finite(estimate.value()), finite(estimate.low()), finite(estimate.high()));
  }

  /** Returns null for what JSON has no number for, and 0 for what a search calls so. */
  static Double finite(double value) {
    return !Double.isFinite(value) ? null : Math.abs(value) < NOTHING ? 0.0 : value;
  }

  static String number(Double value) {
    return value == null ? "unbounded" : String.format(Locale.ROOT, "%.4g", value);
  }

  /** Returns the estimate and its interval; one word if all of it is infinite. */
  String text() {
    return value == null && low == null && high == null
        ? number(null)
        : number(value) + " " + interval();
  }

  String interval() {
    return "[%s, %s]".formatted(number(low), number(high));
  }
}
