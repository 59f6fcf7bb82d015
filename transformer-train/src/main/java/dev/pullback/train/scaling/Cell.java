package dev.pullback.train.scaling;

import java.util.Arrays;

/** The log losses of one optimiser at one size and one number of tokens, by ascending seed. */
final class Cell {

  final int optimizer;
  final double parameters;
  final double tokens;
  private final double[] logLosses;
  private final double mean;

  Cell(int optimizer, double parameters, double tokens, double... logLosses) {
    this.optimizer = optimizer;
    this.parameters = parameters;
    this.tokens = tokens;
    this.logLosses = logLosses;
    this.mean = Arrays.stream(logLosses).average().orElseThrow();
  }

  int size() {
    return logLosses.length;
  }

  double mean() {
    return mean;
  }

  /**
   * How far a seed lies from the cell's mean, times √(n / (n - 1)): drawn with replacement, such
   * deviations have the variance of the seeds, of which plain ones lack one part in n (Rao and Wu,
   * Resampling inference with complex survey data, JASA 83, 1988).
   */
  double deviation(int index) {
    return size() == 1 ? 0 : (logLosses[index] - mean) * Math.sqrt(size() / (size() - 1.0));
  }

  /** Returns the cell with other seeds. */
  Cell resampled(int... seeds) {
    double[] drawn = new double[seeds.length];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = mean + deviation(seeds[i]);
    }
    return new Cell(optimizer, parameters, tokens, drawn);
  }
}
