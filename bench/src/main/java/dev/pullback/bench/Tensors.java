package dev.pullback.bench;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Sets of tensors that optimisers are timed on. */
public enum Tensors {
  /** 50 matrices of 100 × 200: 1 million. */
  MATRICES_1M(1),
  /** 50 matrices of 200 × 400: 4 million. */
  MATRICES_4M(4),
  /** 50 matrices of 400 × 1000: 20 million. */
  MATRICES_20M(20),
  /** The shapes of GPT-2 (124 million): 148 tensors. */
  GPT2_124M(124);

  private final int millions;

  Tensors(int millions) {
    this.millions = millions;
  }

  List<Shape> shapes() {
    return switch (this) {
      case MATRICES_1M -> matrices(100, 200);
      case MATRICES_4M -> matrices(200, 400);
      case MATRICES_20M -> matrices(400, 1000);
      case GPT2_124M -> gpt2();
    };
  }

  int millions() {
    return millions;
  }

  long parameters() {
    return shapes().stream().mapToLong(Shape::size).sum();
  }

  String description() {
    return "%d million float32 parameters in %d tensors".formatted(millions, shapes().size());
  }

  private static List<Shape> matrices(int rows, int columns) {
    return Collections.nCopies(50, new Shape(rows, columns));
  }

  private static List<Shape> gpt2() {
    List<Shape> shapes = new ArrayList<>(List.of(new Shape(50257, 768), new Shape(1024, 768)));
    for (int layer = 0; layer < 12; layer++) {
      for (long[] linear : new long[][] {{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}}) {
        shapes.add(new Shape(linear));
        shapes.add(new Shape(linear[0]));
      }
      shapes.addAll(Collections.nCopies(4, new Shape(768)));
    }
    shapes.addAll(Collections.nCopies(2, new Shape(768)));
    return shapes;
  }
}
