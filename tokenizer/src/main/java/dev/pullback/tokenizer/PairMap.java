package dev.pullback.tokenizer;

import java.util.Arrays;

/** Maps longs that are not negative to longs that are not negative, without boxes. */
final class PairMap {

  static final long ABSENT = -1;

  /** Keys and values in turn; a key of {@link #ABSENT} is a free place. */
  private long[] places;

  private int size;
  private int shift;

  PairMap(int expected) {
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, expected)));
    allocate(bits);
  }

  static long key(int left, int right) {
    return ((long) left << 32) | right;
  }

  private void allocate(int bits) {
    if (bits > 29) {
      throw new IllegalArgumentException("more pairs than an array can hold: " + size);
    }
    places = new long[2 << bits];
    Arrays.fill(places, ABSENT);
    shift = 64 - bits;
  }

  private int place(long key) {
    int mask = places.length - 1;
    int place = (int) ((key * 0x9e3779b97f4a7c15L) >>> shift) << 1;
    while (places[place] != key && places[place] != ABSENT) {
      place = (place + 2) & mask;
    }
    return place;
  }

  /** Returns the value of a key, or {@link #ABSENT}. */
  long get(long key) {
    return places[place(key) + 1];
  }

  /** Sets the value of a key and returns the one before, or {@link #ABSENT}. */
  long put(long key, long value) {
    int place = place(key);
    long before = places[place + 1];
    places[place] = key;
    places[place + 1] = value;
    if (before == ABSENT && ++size > places.length >> 2) {
      grow();
    }
    return before;
  }

  int size() {
    return size;
  }

  private void grow() {
    long[] old = places;
    allocate(65 - shift);
    for (int i = 0; i < old.length; i += 2) {
      if (old[i] != ABSENT) {
        int place = place(old[i]);
        places[place] = old[i];
        places[place + 1] = old[i + 1];
      }
    }
  }
}
