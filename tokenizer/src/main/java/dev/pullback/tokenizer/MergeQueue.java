package dev.pullback.tokenizer;

import java.util.Arrays;

/**
 * Candidates for merging: the highest count first, among equal ones the smaller pair. A count may
 * be out of date; who takes it out compares.
 */
final class MergeQueue {

  private long[] counts = new long[1 << 10];
  private long[] pairs = new long[1 << 10];
  private int[] values = new int[1 << 10];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  long count() {
    return counts[0];
  }

  long pair() {
    return pairs[0];
  }

  int value() {
    return values[0];
  }

  void add(long count, long pair, int value) {
    if (size == counts.length) {
      counts = Arrays.copyOf(counts, Math.multiplyExact(2, size));
      pairs = Arrays.copyOf(pairs, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    int i = size++;
    while (i > 0) {
      int parent = (i - 1) >>> 1;
      if (!before(count, pair, parent)) {
        break;
      }
      move(parent, i);
      i = parent;
    }
    set(i, count, pair, value);
  }

  /** Gives the first one another count, and its place. */
  void refresh(long count) {
    sink(count, pairs[0], values[0]);
  }

  /** Takes the first one out. */
  void remove() {
    size--;
    sink(counts[size], pairs[size], values[size]);
  }

  private void sink(long count, long pair, int value) {
    int i = 0;
    int child;
    while ((child = 2 * i + 1) < size) {
      if (child + 1 < size && before(counts[child + 1], pairs[child + 1], child)) {
        child++;
      }
      if (before(count, pair, child)) {
        break;
      }
      move(child, i);
      i = child;
    }
    set(i, count, pair, value);
  }

  private boolean before(long count, long pair, int other) {
    return count != counts[other] ? count > counts[other] : pair < pairs[other];
  }

  private void move(int from, int to) {
    set(to, counts[from], pairs[from], values[from]);
  }

  private void set(int at, long count, long pair, int value) {
    counts[at] = count;
    pairs[at] = pair;
    values[at] = value;
  }
}
