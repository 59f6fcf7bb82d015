package dev.pullback.optim;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.Arrays;
import java.util.List;

/**
 * A block of named tensors {@code p0}, {@code p1}, … without a forward pass of its own; tests
 * choose gradients and losses freely.
 */
final class TensorsBlock extends AbstractBlock {

  private final NDManager manager;

  TensorsBlock(NDManager manager) {
    this.manager = manager;
    this.inputShapes = new Shape[0];
  }

  TensorsBlock add(double[] values, DataType type, long... shape) {
    NDArray array = manager.create(values, new Shape(shape)).toType(type, true);
    array.setRequiresGradient(true);
    addParameter(
        Parameter.builder()
            .setName("p" + parameters.size())
            .setType(Parameter.Type.WEIGHT)
            .optArray(array)
            .build());
    return this;
  }

  NDManager manager() {
    return manager;
  }

  Parameter parameter(int i) {
    return getParameters().get(i).getValue();
  }

  NDArray tensor(int i) {
    return parameter(i).getArray();
  }

  double[] values(int i) {
    return tensor(i).toType(DataType.FLOAT64, true).toDoubleArray();
  }

  /** All values of all tensors. */
  List<double[]> values() {
    return getParameters().values().stream()
        .map(p -> p.getArray().toType(DataType.FLOAT64, true).toDoubleArray())
        .toList();
  }

  /** Adds exactly these values to the gradients, by differentiating Σ weight · gradient. */
  void backward(List<double[]> gradients) {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDList products = new NDList();
      for (int i = 0; i < gradients.size(); i++) {
        if (gradients.get(i) != null && parameter(i).requiresGradient()) {
          NDArray weight = tensor(i);
          NDArray g =
              manager
                  .create(gradients.get(i), weight.getShape())
                  .toType(weight.getDataType(), false);
          products.add(weight.mul(g).sum());
        }
      }
      NDArray total = products.get(0);
      for (NDArray product : products.subNDList(1)) {
        total = total.add(product);
      }
      collector.backward(total);
    }
  }

  /** Adds the gradient of ½ Σ (i+1) (w_i - 1)² and returns the value. */
  double backwardQuadratic() {
    List<double[]> gradients = values();
    double loss = 0;
    for (double[] w : gradients) {
      for (int i = 0; i < w.length; i++) {
        loss += 0.5 * (i + 1) * (w[i] - 1) * (w[i] - 1);
        w[i] = (i + 1) * (w[i] - 1);
      }
    }
    backward(gradients);
    return loss;
  }

  double[] gradient(int i) {
    return tensor(i).getGradient().toType(DataType.FLOAT64, true).toDoubleArray();
  }

  static double[] filled(int size, double value) {
    double[] values = new double[size];
    Arrays.fill(values, value);
    return values;
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    throw new UnsupportedOperationException("This block has no forward pass");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] shapes) {
    return shapes;
  }
}
