package dev.pullback.engine;

import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/**
 * An array in parts of bounded size that follow each other in memory, each an index with ranges of
 * one axis. Neither engine has to copy or reshape the whole array for that.
 */
final class ArrayParts {

  private ArrayParts() {}

  /** Takes one part. */
  @FunctionalInterface
  interface Visitor<E extends Exception> {

    /**
     * Takes one part.
     *
     * @param index the part's place, or null if it is the whole array
     * @param shape the part's shape
     * @throws E if it cannot be taken
     */
    void visit(NDIndex index, Shape shape) throws E;
  }

  /**
   * Visits the parts of an array in order.
   *
   * @param shape the array's shape
   * @param limit the most elements of a part, at least 1
   * @param visitor takes the parts
   * @param <E> what the visitor throws
   * @throws E if the visitor does
   */
  static <E extends Exception> void visit(Shape shape, int limit, Visitor<E> visitor) throws E {
    if (shape.size() <= limit) {
      if (shape.size() > 0) {
        visitor.visit(null, shape);
      }
      return;
    }
    // The first axis of which one entry fits; the axes before it are taken entry by entry.
    int axis = 0;
    while (shape.slice(axis + 1).size() > limit) {
      axis++;
    }
    long step = limit / shape.slice(axis + 1).size();
    long[] outer = new long[axis];
    do {
      for (long from = 0; from < shape.get(axis); from += step) {
        long to = Math.min(shape.get(axis), from + step);
        NDIndex index = new NDIndex();
        Arrays.stream(outer).forEach(index::addIndices);
        index.addSliceDim(from, to);
        visitor.visit(index, new Shape(to - from).addAll(shape.slice(axis + 1)));
      }
    } while (advance(outer, shape));
  }

  /** Counts on, the last place fastest; returns false at the end. */
  private static boolean advance(long[] places, Shape shape) {
    for (int i = places.length - 1; i >= 0; i--) {
      if (++places[i] < shape.get(i)) {
        return true;
      }
      places[i] = 0;
    }
    return false;
  }
}
