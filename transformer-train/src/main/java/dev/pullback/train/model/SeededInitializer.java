package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.HostValues;
import dev.pullback.train.SplitMix64;
import java.util.Random;

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

  @Override
  public NDArray initialize(NDManager manager, Shape shape, DataType dataType) {
    if (dataType != DataType.FLOAT32 && dataType != DataType.FLOAT64) {
      throw new IllegalArgumentException(
          "%s cannot be %s; its weights are float32 or float64".formatted(path, dataType));
    }
    Random random = new Random(SplitMix64.mix(seed, path));
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (standardDeviation * next(random));
    }
    try (NDArray drawn = HostValues.on(manager).create(values, shape)) {
      // duplicate() copies into the engine's memory; toType() alone may go on using Java's.
      return dataType == DataType.FLOAT32 ? drawn.duplicate() : drawn.toType(dataType, true);
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
