package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import dev.pullback.train.SplitMix64;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Normal values drawn in Java from (seed, parameter path), so that every engine and every machine
 * starts from the same numbers.
 *
 * @param seed the run's seed
 * @param path the parameter's path within its block
 * @param standardDeviation of the values, at least 0
 * @param truncated whether values beyond two standard deviations are drawn again, and all rescaled
 *     to the standard deviation
 */
record SeededInitializer(long seed, String path, double standardDeviation, boolean truncated)
    implements Initializer {

  /** Standard deviation of a standard normal value truncated to [-2, 2]. */
  private static final double TRUNCATED_DEVIATION = 0.8796256610342398;

  /** Values drawn at a time, 16 MB: Java's memory is for a part of a large parameter only. */
  private static final int PIECE = 1 << 22;

  @Override
  public NDArray initialize(NDManager manager, Shape shape, DataType dataType) {
    Target target = target(manager, shape, dataType);
    draw(shape, target::add);
    return target.array();
  }

  /** Returns where the values that {@link #draw} hands on become an array. */
  Target target(NDManager manager, Shape shape, DataType dataType) {
    if (dataType != DataType.FLOAT32 && dataType != DataType.FLOAT64) {
      throw new IllegalArgumentException(
          "%s cannot be %s; its weights are float32 or float64".formatted(path, dataType));
    }
    return new Target(manager, shape, dataType);
  }

  /**
   * Draws the values of a parameter.
   *
   * @param shape of the parameter, of at least one dimension
   * @param rows takes some rows (indices of the first dimension) at a time, in their order
   */
  void draw(Shape shape, Consumer<float[]> rows) {
    long row = shape.slice(1).size();
    long most = Math.max(1, PIECE / Math.max(1, row));
    Random random = new Random(SplitMix64.mix(seed, path));
    for (long first = 0; first < shape.get(0); first += most) {
      long count = Math.min(most, shape.get(0) - first);
      float[] values =
          new float
              [ArrayLength.of(
                  "a row of " + path + " " + shape,
                  "make the model narrower",
                  Float.BYTES,
                  count,
                  row)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (standardDeviation * next(random));
      }
      rows.accept(values);
    }
  }

  /** The array of a parameter, filled from its first row to its last. */
  static final class Target {

    private final NDManager manager;
    private final Shape shape;
    private final DataType type;
    private final long row;
    private NDArray array;
    private long filled;

    private Target(NDManager manager, Shape shape, DataType type) {
      this.manager = manager;
      this.shape = shape;
      this.type = type;
      row = shape.slice(1).size();
    }

    /** Appends rows. */
    void add(float[] values) {
      long count = values.length / row;
      Shape part = new Shape(count).addAll(shape.slice(1));
      try (NDArray drawn = HostValues.on(manager).create(values, part)) {
        if (count == shape.get(0)) {
          // duplicate() copies into the engine's memory; toType() alone may go on using Java's.
          array = type == DataType.FLOAT32 ? drawn.duplicate() : drawn.toType(type, true);
        } else {
          if (array == null) {
            array = zeros();
          }
          try (NDArray typed = drawn.toType(type, true)) {
            array.set(new NDIndex("{}:{}", filled, filled + count), typed);
          }
        }
      }
      filled += count;
    }

    /** Returns a new array of zeros, which stays apart from what is added. */
    NDArray zeros() {
      return manager.zeros(shape, type);
    }

    NDArray array() {
      return array;
    }
  }

  private double next(Random random) {
    double value = random.nextGaussian();
    if (!truncated) {
      return value;
    }
    while (Math.abs(value) > 2) {
      value = random.nextGaussian();
    }
    return value / TRUNCATED_DEVIATION;
  }
}
