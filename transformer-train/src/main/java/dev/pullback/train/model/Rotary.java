package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;

/**
 * Rotary positions: components i and i + d/2 of a head of width d turn by position · f_i, where f_i
 * = θ^(-2i/d), possibly scaled. Computed in the float32 of Hugging Face's models, whose angles at
 * far positions would otherwise be missed.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al., RoFormer (2021), section 3.2</a>
 */
final class Rotary {

  private final float[] frequencies;

  /**
   * Computes the frequencies.
   *
   * @param headWidth width of a head, even
   * @param theta the base θ
   * @param scaling how frequencies are scaled, or null
   */
  Rotary(int headWidth, double theta, RotaryScaling scaling) {
    frequencies = new float[headWidth / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float power = (float) Math.pow(theta, (float) (2 * i) / headWidth);
      float frequency = 1 / power;
      frequencies[i] = scaling == null ? frequency : scaling.apply(frequency);
    }
  }

  /**
   * Returns what the components of a head are multiplied by: themselves by the cosines of their
   * angles, those of the other half by the sines, which are negative for the first half.
   *
   * @param manager owns the arrays
   * @param start the first position
   * @param count how many
   * @return two arrays (count, d), in memory of the engine's own
   */
  NDList tables(NDManager manager, long start, long count) {
    int half = frequencies.length;
    int size = ArrayLength.of("positions", "lower --context", Float.BYTES, count, 2L * half);
    float[] cosines = new float[size];
    float[] sines = new float[size];
    for (int i = 0; i < size; i++) {
      float angle = (start + i / (2 * half)) * frequencies[i % half];
      cosines[i] = (float) Math.cos(angle);
      sines[i] = (float) (i % (2 * half) < half ? -Math.sin(angle) : Math.sin(angle));
    }
    Shape shape = new Shape(count, 2L * half);
    return new NDList(table(manager, cosines, shape), table(manager, sines, shape));
  }

  private static NDArray table(NDManager manager, float[] values, Shape shape) {
    try (NDArray table = HostValues.on(manager).create(values, shape)) {
      return table.duplicate();
    }
  }
}
