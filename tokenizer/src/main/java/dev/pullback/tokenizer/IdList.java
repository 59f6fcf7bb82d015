package dev.pullback.tokenizer;

import java.util.Arrays;

/** Ids that are collected, without boxes. */
final class IdList implements StreamingEncoder.Sink {

  private int[] ids = new int[16];
  private int size;

  @Override
  public void accept(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, Math.multiplyExact(size, 2));
    }
    ids[size++] = id;
  }

  void addAll(int[] from, int begin, int end) {
    int more = end - begin;
    if (more > ids.length - size) {
      ids = Arrays.copyOf(ids, Math.max(Math.addExact(size, more), ids.length + (ids.length >> 1)));
    }
    if (more < 8) {
      for (int i = begin; i < end; i++) {
        ids[size++] = from[i];
      }
    } else {
      System.arraycopy(from, begin, ids, size, more);
      size += more;
    }
  }

  int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}
