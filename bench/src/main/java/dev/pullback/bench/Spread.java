package dev.pullback.bench;

/**
 * Repeated measurements of one thing.
 *
 * @param median the middle one
 * @param low the least, or the 5th of 100
 * @param high the greatest, or the 95th of 100
 */
record Spread(double median, double low, double high) {

  /** From milliseconds per piece of work to units per second. */
  Spread rate(double units) {
    return new Spread(1e3 * units / median, 1e3 * units / high, 1e3 * units / low);
  }
}
