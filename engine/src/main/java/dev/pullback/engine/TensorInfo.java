package dev.pullback.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * What a safetensors file says of a tensor.
 *
 * @param dtype the type of its elements by the format's name, for example {@code F32} or {@code
 *     BF16}
 * @param shape its shape
 * @param bytes the size of its values
 */
public record TensorInfo(String dtype, Shape shape, long bytes) {

  /**
   * Tells whether the tensor is of a shape and type.
   *
   * @param wantedShape the shape
   * @param type the type
   * @return whether both are the tensor's
   */
  public boolean is(Shape wantedShape, DataType type) {
    return shape.equals(wantedShape) && SafetensorsDtype.valueOf(dtype).is(type);
  }
}
