package dev.pullback.tokenizer;

import java.util.Arrays;

/** Lists of words in one array of cells, which are used again. */
final class WordLists {

  private static final int NONE = -1;

  /** The word in the upper half, the next cell in the lower. */
  private long[] cells = new long[1 << 12];

  private int size;
  private int firstFree = NONE;

  /** Puts a word in front of a list and returns the cell it is in. */
  int add(int word, int next) {
    int cell = firstFree;
    if (cell == NONE) {
      if (size == cells.length) {
        cells = Arrays.copyOf(cells, (int) Math.min(Integer.MAX_VALUE - 8, 3L * size / 2));
      }
      cell = size++;
    } else {
      firstFree = (int) cells[cell];
    }
    cells[cell] = PairMap.key(word, 0) | (next & 0xffffffffL);
    return cell;
  }

  int word(int cell) {
    return (int) (cells[cell] >>> 32);
  }

  /** Gives a cell back and returns the next one of its list. */
  int free(int cell) {
    int next = (int) cells[cell];
    cells[cell] = firstFree & 0xffffffffL;
    firstFree = cell;
    return next;
  }
}
