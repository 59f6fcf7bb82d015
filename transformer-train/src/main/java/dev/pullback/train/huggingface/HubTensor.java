package dev.pullback.train.huggingface;

import ai.djl.ndarray.types.Shape;

/**
 * A tensor of a folder, and the parameter that it is here.
 *
 * @param hub its name in files
 * @param shape its shape in files
 * @param own the parameter's name; null for one that this model has not and that is 0
 * @param transposed whether the parameter is its transpose
 */
record HubTensor(String hub, Shape shape, String own, boolean transposed) {

  /** A tensor that is the parameter as it is. */
  static HubTensor of(String hub, String own, long... shape) {
    return new HubTensor(hub, new Shape(shape), own, false);
  }

  /** Returns the parameter's shape. */
  Shape ownShape() {
    return transposed ? new Shape(shape.get(1), shape.get(0)) : shape;
  }
}
