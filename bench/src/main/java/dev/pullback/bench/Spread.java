package dev.pullback.bench;

/**
 * Repeated measurements of one thing.
 *
 * @param median the middle one
 * @param low the least, or the 6th of 100
 * @param high the greatest, or the 95th of 100
 */
record Spread(double median, double low, double high) {

  /** Fewer have no percentiles worth the name. */
  private static final int MANY = 20;

  /** Of times in ascending order, at least one. */
  static Spread ofSorted(double... times) {
    int n = times.length;
    double median = (times[(n - 1) / 2] + times[n / 2]) / 2;
    int cut = n < MANY ? 0 : n / MANY;
    return new Spread(median, times[cut], times[n - 1 - cut]);
  }

  /** From milliseconds per piece of work to units per second. */
  Spread rate(double units) {
    return new Spread(1e3 * units / median, 1e3 * units / high, 1e3 * units / low);
  }
}
