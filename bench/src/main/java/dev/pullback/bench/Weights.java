package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.Backend;
import java.util.List;

/** Float32 weights with gradients, for optimisers to be timed on. */
final class Weights implements AutoCloseable {

  /** Bytes of a weight, its gradient, and the copy from which gradients are set anew. */
  static final int BYTES = 3 * Float.BYTES;

  private static final NDIndex ALL = new NDIndex("...");

  private final NDManager manager;
  private final ParameterBlock block;
  private final boolean waits;
  private final NDList arrays;
  private final NDList gradients;
  private final NDList source = new NDList();

  Weights(Backend backend, Tensors tensors) {
    manager = backend.newManager();
    waits = backend.device().isGpu();
    block = new ParameterBlock(tensors.shapes());
    block.initialize(manager, DataType.FLOAT32);
    arrays = new NDList(parameters().stream().map(Parameter::getArray).toList());
    arrays.forEach(w -> source.add(manager.randomNormal(w.getShape())));
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDList sums = new NDList();
      arrays.forEach(w -> sums.add(w.sum()));
      collector.backward(NDArrays.stack(sums).sum());
    }
    gradients = new NDList(arrays.stream().map(NDArray::getGradient).toList());
  }

  ParameterBlock block() {
    return block;
  }

  List<Parameter> parameters() {
    return block.getParameters().values();
  }

  NDList arrays() {
    return arrays;
  }

  NDList gradients() {
    return gradients;
  }

  /** The optimisers leave gradients of zero behind; gives them new ones. */
  void setGradients() {
    for (int i = 0; i < gradients.size(); i++) {
      gradients.get(i).set(ALL, source.get(i));
    }
    await();
  }

  /** Waits for a device that computes behind the program's back. */
  void await() {
    if (waits) {
      try (NDArray last = arrays.get(arrays.size() - 1).sum()) {
        HostValues.read(last, NDArray::getFloat);
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
