package dev.pullback.tokenizer;

import java.util.Arrays;

/** A queue of longs that gives the least one first. */
final class LongHeap {

  private long[] heap;
  private int size;

  LongHeap(int capacity) {
    heap = new long[Math.max(16, capacity)];
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Puts a long at the end, in no order: {@link #order} must follow. */
  void append(long value) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, Math.multiplyExact(size, 2));
    }
    heap[size++] = value;
  }

  void order() {
    for (int i = (size >>> 1) - 1; i >= 0; i--) {
      sink(i);
    }
  }

  void add(long value) {
    append(value);
    int i = size - 1;
    while (i > 0 && heap[(i - 1) >>> 1] > value) {
      heap[i] = heap[(i - 1) >>> 1];
      i = (i - 1) >>> 1;
    }
    heap[i] = value;
  }

  /** Takes the least one. */
  long poll() {
    long least = heap[0];
    heap[0] = heap[--size];
    sink(0);
    return least;
  }

  private void sink(int from) {
    long value = heap[from];
    int i = from;
    int child;
    while ((child = 2 * i + 1) < size) {
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= value) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = value;
  }
}
