package dev.pullback.tokenizer;

import java.util.Arrays;

/** Numbers distinct words from 0 in the order they come, without an object for any of them. */
final class WordTable {

  /** The hash of a word in the upper half, its number + 1 in the lower; 0 is a free place. */
  private long[] places = new long[1 << 10];

  /** The end of each word in {@link #chars}; the next one starts there. */
  private int[] ends = new int[1 << 9];

  private char[] chars = new char[1 << 12];
  private int size;

  /**
   * Looks a word up, and keeps it if it is new.
   *
   * @return its number; or {@code ~number} if it is new
   */
  int findOrAdd(char[] text, int from, int to) {
    int hash = hash(text, from, to);
    int mask = places.length - 1;
    int place = hash & mask;
    long found;
    while ((found = places[place]) != 0) {
      int number = (int) found - 1;
      if ((int) (found >>> 32) == hash && equal(number, text, from, to)) {
        return number;
      }
      place = (place + 1) & mask;
    }
    add(text, from, to);
    places[place] = ((long) hash << 32) | size;
    if (size > places.length >> 1) {
      grow();
    }
    return ~(size - 1);
  }

  /** Mixes every char over 64 bits: words of a corpus must not be made to collide at ease. */
  private static int hash(char[] text, int from, int to) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      hash = (hash ^ text[i]) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 32;
    }
    return (int) hash;
  }

  private boolean equal(int number, char[] text, int from, int to) {
    return Arrays.equals(chars, start(number), end(number), text, from, to);
  }

  private void add(char[] text, int from, int to) {
    int start = charCount();
    int end = Math.addExact(start, to - from);
    chars = ensure(chars, end);
    System.arraycopy(text, from, chars, start, to - from);
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, 2 * size);
    }
    ends[size++] = end;
  }

  private static char[] ensure(char[] array, int length) {
    return length <= array.length
        ? array
        : Arrays.copyOf(
            array, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(2L * array.length, length)));
  }

  private void grow() {
    long[] old = places;
    places = new long[2 * old.length];
    int mask = places.length - 1;
    for (long entry : old) {
      if (entry != 0) {
        int place = (int) (entry >>> 32) & mask;
        while (places[place] != 0) {
          place = (place + 1) & mask;
        }
        places[place] = entry;
      }
    }
  }

  void clear() {
    Arrays.fill(places, 0);
    size = 0;
  }

  int size() {
    return size;
  }

  /** Returns the number of chars of all words together. */
  int charCount() {
    return size == 0 ? 0 : ends[size - 1];
  }

  char[] chars() {
    return chars;
  }

  int start(int number) {
    return number == 0 ? 0 : ends[number - 1];
  }

  int end(int number) {
    return ends[number];
  }
}
