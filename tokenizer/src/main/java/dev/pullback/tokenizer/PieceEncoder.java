package dev.pullback.tokenizer;

import java.util.Arrays;

/**
 * Encodes pieces: the pair that was merged first in training is merged first, the leftmost first
 * among equal ones. Remembers short pieces. For use by one thread.
 */
final class PieceEncoder {

  private static final int LONGEST_REMEMBERED = 32;

  /** Remembered chars and ids; when there are more, all are forgotten. */
  private static final int MOST_REMEMBERED = 1 << 21;

  /** Longer pieces go over a heap, since the time without grows with the square of the length. */
  private static final int LONGEST_SIMPLE = 100;

  private static final int SYMBOLS = 128;

  private final BpeModel model;
  private final WordTable words = new WordTable();
  private int[] wordIds = new int[1 << 10];
  private int[] wordEnds = new int[1 << 9];

  /** The symbols of a piece that is merged. */
  private int[] symbols = new int[SYMBOLS];

  private final long[] merges = new long[LONGEST_SIMPLE];

  private int[] ids;
  private int from;
  private int to;

  PieceEncoder(BpeModel model) {
    this.model = model;
  }

  /** Returns the array that holds the ids of the last piece, until the next one. */
  int[] ids() {
    return ids;
  }

  /** Returns where in {@link #ids()} they start. */
  int from() {
    return from;
  }

  /** Returns where in {@link #ids()} they end. */
  int to() {
    return to;
  }

  /**
   * Encodes a piece. Its ids are in {@link #ids()} then.
   *
   * @return -1; or the index of an unpaired surrogate, which has no encoding
   */
  int encode(char[] text, int start, int end) {
    if (end - start > LONGEST_REMEMBERED) {
      return merge(text, start, end);
    }
    int word = words.findOrAdd(text, start, end);
    if (word < 0) {
      int wrong = merge(text, start, end);
      if (wrong >= 0) {
        forget();
        return wrong;
      }
      word = remember(~word, text, start, end);
    }
    ids = wordIds;
    from = word == 0 ? 0 : wordEnds[word - 1];
    to = wordEnds[word];
    return -1;
  }

  private int remember(int newest, char[] text, int start, int end) {
    int word = newest;
    if (words.charCount() + (word == 0 ? 0 : wordEnds[word - 1]) > MOST_REMEMBERED) {
      forget();
      word = ~words.findOrAdd(text, start, end);
    }
    int begin = word == 0 ? 0 : wordEnds[word - 1];
    if (word == wordEnds.length) {
      wordEnds = Arrays.copyOf(wordEnds, 2 * word);
    }
    if (begin + to > wordIds.length) {
      wordIds = Arrays.copyOf(wordIds, Math.max(begin + to, 2 * wordIds.length));
    }
    System.arraycopy(symbols, 0, wordIds, begin, to);
    wordEnds[word] = begin + to;
    return word;
  }

  private void forget() {
    words.clear();
  }

  /** Gives back the memory of a piece that was very long; the last ids are gone then. */
  void trim() {
    if (symbols.length > MOST_REMEMBERED) {
      symbols = new int[SYMBOLS];
      ids = symbols;
    }
  }

  private int merge(char[] text, int start, int end) {
    int count = bytes(text, start, end);
    if (count < 0) {
      return ~count;
    }
    int whole = model.whole(text, start, end);
    if (whole >= 0) {
      symbols[0] = whole;
      result(1);
      return -1;
    }
    result(count <= LONGEST_SIMPLE ? mergeShort(count) : mergeLong(count));
    return -1;
  }

  private void result(int count) {
    ids = symbols;
    from = 0;
    to = count;
  }

  /** Writes the ids of the bytes of a piece; returns their number or ~index of a surrogate. */
  private int bytes(char[] text, int start, int end) {
    if (3L * (end - start) > symbols.length) {
      long length = Utf8.length(text, start, end);
      if (length > Integer.MAX_VALUE - 8) {
        throw new IllegalArgumentException(
            "a piece of %d bytes, which is more than can be merged".formatted(length));
      }
      if (length > symbols.length) {
        symbols = new int[(int) length];
      }
    }
    return Utf8.ids(text, start, end, model.byteIds(), symbols, 0);
  }

  private int mergeShort(int length) {
    int[] symbol = symbols;
    long[] merge = merges;
    int count = length;
    for (int i = 0; i + 1 < count; i++) {
      merge[i] = model.merge(symbol[i], symbol[i + 1]);
    }
    while (count > 1) {
      int best = 0;
      for (int i = 1; i < count - 1; i++) {
        // Unsigned, since no merge is -1.
        if (merge[i] + Long.MIN_VALUE < merge[best] + Long.MIN_VALUE) {
          best = i;
        }
      }
      if (merge[best] == PairMap.ABSENT) {
        break;
      }
      symbol[best] = (int) merge[best];
      count--;
      for (int i = best + 1; i < count; i++) {
        symbol[i] = symbol[i + 1];
        merge[i] = merge[i + 1];
      }
      if (best > 0) {
        merge[best - 1] = model.merge(symbol[best - 1], symbol[best]);
      }
      if (best + 1 < count) {
        merge[best] = model.merge(symbol[best], symbol[best + 1]);
      }
    }
    return count;
  }

  /**
   * Merges in the order of a heap. A symbol of several bytes has its id at its first place, the
   * negative number of its bytes at its last one, and negative numbers between.
   */
  private int mergeLong(int length) {
    int[] symbol = symbols;
    LongHeap heap = new LongHeap(length);
    for (int i = 0; i + 1 < length; i++) {
      long merge = model.merge(symbol[i], symbol[i + 1]);
      if (merge != PairMap.ABSENT) {
        heap.append((merge & BpeModel.RANK) | i);
      }
    }
    heap.order();
    while (!heap.isEmpty()) {
      long next = heap.poll();
      int left = (int) next;
      if (symbol[left] < 0) {
        continue;
      }
      int right = left + model.length(symbol[left]);
      if (right >= length) {
        continue;
      }
      long merge = model.merge(symbol[left], symbol[right]);
      if (merge == PairMap.ABSENT || (merge & BpeModel.RANK) != (next & BpeModel.RANK)) {
        continue;
      }
      int end = right + model.length(symbol[right]);
      symbol[left] = (int) merge;
      symbol[right] = -1;
      symbol[end - 1] = left - end;
      if (end < length) {
        queue(heap, symbol, left, end);
      }
      if (left > 0) {
        int last = symbol[left - 1];
        queue(heap, symbol, last >= 0 ? left - 1 : left + last, left);
      }
    }
    int count = 0;
    for (int i = 0; i < length; i += model.length(symbol[count - 1])) {
      symbol[count++] = symbol[i];
    }
    return count;
  }

  private void queue(LongHeap heap, int[] symbol, int left, int right) {
    long merge = model.merge(symbol[left], symbol[right]);
    if (merge != PairMap.ABSENT) {
      heap.add((merge & BpeModel.RANK) | left);
    }
  }
}
