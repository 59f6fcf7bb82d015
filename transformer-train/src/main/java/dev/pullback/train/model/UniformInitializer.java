package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import dev.pullback.train.SplitMix64;
import java.util.Random;

/**
 * Values that are uniform in [-bound, bound), drawn in Java from (seed, parameter path). For
 * matrices of low rank: all values are in Java's memory at once.
 *
 * @param seed the run's seed
 * @param path the parameter's path within its block
 * @param bound at least 0
 */
record UniformInitializer(long seed, String path, double bound) implements Initializer {

  @Override
  public NDArray initialize(NDManager manager, Shape shape, DataType type) {
    float[] values =
        new float
            [ArrayLength.of(
                path + " " + shape,
                "lower --lora",
                Float.BYTES,
                shape.get(0),
                shape.slice(1).size())];
    Random random = new Random(SplitMix64.mix(seed, path));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    try (NDArray drawn = HostValues.on(manager).create(values, shape)) {
      // duplicate() copies into the engine's memory; toType() alone may go on using Java's.
      return type == DataType.FLOAT32 ? drawn.duplicate() : drawn.toType(type, true);
    }
  }
}
