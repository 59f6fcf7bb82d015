package dev.pullback.optim;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * What is known of a parameter without its values.
 *
 * @param path its name within the block, as {@code Block.getParameters()} gives it
 * @param shape its shape
 * @param dataType its data type, which is also that of its state
 */
public record ParameterInfo(String path, Shape shape, DataType dataType) {

  /**
   * Tells whether the parameter is a matrix (rank 2): linear weights and embeddings, but no biases,
   * norm scales or convolution kernels.
   *
   * @return whether the parameter has two dimensions
   */
  public boolean isMatrix() {
    return shape.dimension() == 2;
  }
}
