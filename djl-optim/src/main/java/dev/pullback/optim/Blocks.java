package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The blocks that a matrix is cut into.
 *
 * @param rows where blocks begin, and the end
 * @param columns likewise
 * @param longestSide sides that are longer have no factor
 */
record Blocks(List<Long> rows, List<Long> columns, int longestSide) {

  static Blocks of(Shape matrix, MatrixBlocks settings) {
    return new Blocks(
        cuts(matrix.get(0), settings.block()),
        cuts(matrix.get(1), settings.block()),
        settings.longestSide());
  }

  private static List<Long> cuts(long size, int block) {
    List<Long> cuts = new ArrayList<>();
    for (long at = 0; at < size; at += block) {
      cuts.add(at);
    }
    cuts.add(size);
    return cuts;
  }

  /**
   * A block.
   *
   * @param top first row
   * @param bottom behind the last row
   * @param left first column
   * @param right behind the last column
   * @param suffix what the names of its state end in; nothing if it is the whole matrix
   * @param longestSide sides that are longer have no factor
   */
  record Block(long top, long bottom, long left, long right, String suffix, int longestSide) {

    long height() {
      return bottom - top;
    }

    long width() {
      return right - left;
    }

    boolean hasLeft() {
      return height() <= longestSide;
    }

    boolean hasRight() {
      return width() <= longestSide;
    }

    /** Returns the block of a matrix; the matrix itself if it is all of it. */
    NDArray of(NDArray matrix) {
      return suffix.isEmpty() ? matrix : matrix.get(index());
    }

    NDIndex index() {
      return new NDIndex().addSliceDim(top, bottom).addSliceDim(left, right);
    }
  }

  List<Block> all() {
    List<Block> all = new ArrayList<>();
    boolean single = rows.size() == 2 && columns.size() == 2;
    for (int i = 0; i + 1 < rows.size(); i++) {
      for (int j = 0; j + 1 < columns.size(); j++) {
        all.add(
            new Block(
                rows.get(i),
                rows.get(i + 1),
                columns.get(j),
                columns.get(j + 1),
                single ? "" : "." + i + "." + j,
                longestSide));
      }
    }
    return all;
  }

  /** Names square arrays of the sides that have factors. */
  Map<String, Shape> sides(List<String> left, List<String> right) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Block block : all()) {
      if (block.hasLeft()) {
        left.forEach(
            n -> shapes.put(n + block.suffix(), new Shape(block.height(), block.height())));
      }
      if (block.hasRight()) {
        right.forEach(n -> shapes.put(n + block.suffix(), new Shape(block.width(), block.width())));
      }
    }
    return shapes;
  }

  /** Puts a matrix together from what becomes of its blocks. */
  NDArray map(Function<Block, NDArray> part) {
    NDList whole = new NDList();
    NDList row = new NDList();
    for (Block block : all()) {
      row.add(part.apply(block));
      if (row.size() == columns.size() - 1) {
        whole.add(row.size() == 1 ? row.head() : NDArrays.concat(row, 1));
        row = new NDList();
      }
    }
    return whole.size() == 1 ? whole.head() : NDArrays.concat(whole, 0);
  }
}
