package dev.pullback.train.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Arrays;

/**
 * A curve of any length in bounded memory: of every so many measurements in a row the least and the
 * greatest stay, with their steps, and the mean of all. When there are too many groups, each two
 * become one.
 */
final class Thinned {

  private final int most;
  private final long[] first;
  private final long[] last;
  private final long[] leastAt;
  private final long[] greatestAt;
  private final double[] least;
  private final double[] greatest;
  private final double[] sum;
  private int groups;
  private int width = 1;
  private int inLast;
  private int version;

  /**
   * Creates an empty curve.
   *
   * @param most groups at most, an even number
   */
  Thinned(int most) {
    this.most = most;
    first = new long[most];
    last = new long[most];
    leastAt = new long[most];
    greatestAt = new long[most];
    least = new double[most];
    greatest = new double[most];
    sum = new double[most];
  }

  /**
   * Adds a measurement.
   *
   * @param step above the ones before
   * @param value left out if not finite
   */
  void add(long step, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    if (groups == 0 || inLast == width) {
      begin(step, value);
    }
    int i = groups - 1;
    last[i] = step;
    sum[i] += value;
    inLast++;
    if (value < least[i]) {
      least[i] = value;
      leastAt[i] = step;
    }
    if (value > greatest[i]) {
      greatest[i] = value;
      greatestAt[i] = step;
    }
  }

  private void begin(long step, double value) {
    if (groups == most) {
      halve();
    }
    int i = groups++;
    first[i] = step;
    leastAt[i] = step;
    greatestAt[i] = step;
    least[i] = value;
    greatest[i] = value;
    sum[i] = 0;
    inLast = 0;
  }

  private void halve() {
    for (int i = 0; i < groups / 2; i++) {
      int a = 2 * i;
      int b = a + 1;
      int low = least[b] < least[a] ? b : a;
      int high = greatest[b] > greatest[a] ? b : a;
      first[i] = first[a];
      last[i] = last[b];
      leastAt[i] = leastAt[low];
      least[i] = least[low];
      greatestAt[i] = greatestAt[high];
      greatest[i] = greatest[high];
      sum[i] = sum[a] + sum[b];
    }
    groups /= 2;
    width = Math.multiplyExact(width, 2);
    version++;
  }

  /** Forgets everything. */
  void clear() {
    groups = 0;
    width = 1;
    inLast = 0;
    version++;
    Arrays.fill(sum, 0);
  }

  /** Returns a number that changes when groups that were complete become others. */
  int version() {
    return version;
  }

  int groups() {
    return groups;
  }

  /** Returns the first step of a group. */
  long first(int group) {
    return first[group];
  }

  /** Appends step and value, in turn, of what was measured in the groups from one on. */
  void points(int from, ArrayNode to) {
    for (int i = from; i < groups; i++) {
      boolean falling = greatestAt[i] < leastAt[i];
      point(to, falling ? greatestAt[i] : leastAt[i], falling ? greatest[i] : least[i]);
      if (leastAt[i] != greatestAt[i]) {
        point(to, falling ? leastAt[i] : greatestAt[i], falling ? least[i] : greatest[i]);
      }
    }
  }

  /** Appends step and value, in turn, of the means of the groups from one on. */
  void means(int from, ArrayNode to) {
    for (int i = from; i < groups; i++) {
      int count = i == groups - 1 ? inLast : width;
      point(to, first[i] + (last[i] - first[i]) / 2, sum[i] / count);
    }
  }

  private static void point(ArrayNode to, long step, double value) {
    to.add(step).add(Columns.round(value));
  }
}
