package dev.pullback.optim;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.pullback.engine.HostValues;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

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
    NDArray array = HostValues.on(manager).create(values, new Shape(shape)).toType(type, true);
    return add("p" + parameters.size(), array);
  }

  /** Adds a float32 vector under a name of its own. */
  TensorsBlock addNamed(String name, float... values) {
    return add(name, HostValues.on(manager).create(values));
  }

  /** Adds an array as it lies in memory. */
  TensorsBlock addArray(String name, NDArray array) {
    return add(name, array);
  }

  private TensorsBlock add(String name, NDArray array) {
    array.setRequiresGradient(true);
    addParameter(
        Parameter.builder().setName(name).setType(Parameter.Type.WEIGHT).optArray(array).build());
    return this;
  }

  /** A matrix, a vector and a scalar with values that depend only on their shapes. */
  static TensorsBlock ofEachRank(NDManager manager, DataType type) {
    Random random = new Random(17);
    return new TensorsBlock(manager)
        .add(uniform(random, 6), type, 2, 3)
        .add(uniform(random, 4), type, 4)
        .add(uniform(random, 1), type);
  }

  /** Adds a block under whose name its parameters are found once more. */
  TensorsBlock addChild(String name, Block child) {
    addChildBlock(name, child);
    return this;
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

  /** Adds exactly these values to the gradients. */
  void backward(List<double[]> gradients) {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      collector.backward(loss(gradients));
    }
  }

  /** Σ weight · gradient: differentiating it gives exactly these gradients. */
  NDArray loss(List<double[]> gradients) {
    NDList products = new NDList();
    for (int i = 0; i < gradients.size(); i++) {
      if (gradients.get(i) != null && parameter(i).requiresGradient()) {
        NDArray weight = tensor(i);
        NDArray g =
            HostValues.on(manager)
                .create(gradients.get(i), weight.getShape())
                .toType(weight.getDataType(), false);
        products.add(weight.mul(g).sum());
      }
    }
    NDArray total = products.get(0);
    for (NDArray product : products.subNDList(1)) {
      total = total.add(product);
    }
    return total;
  }

  /** Returns one gradient per tensor, the same for the same seed. */
  List<double[]> gradients(long seed) {
    Random random = new Random(1000 + seed);
    return getParameters().values().stream()
        .map(p -> uniform(random, (int) p.getArray().size()))
        .toList();
  }

  /** Takes the steps {@code from} to {@code to}; gradient and loss depend on the number alone. */
  void train(StepOptimizer optimizer, int from, int to) {
    for (int step = from; step <= to; step++) {
      prepare(optimizer, step);
      optimizer.step();
    }
  }

  /** Leaves only the step itself to be done. */
  void prepare(StepOptimizer optimizer, int step) {
    backward(gradients(step));
    optimizer.observeLoss(1 + 1.0 / step);
  }

  /** Calls the optimiser for one parameter as DJL's parameter server does. */
  void update(StepOptimizer optimizer, int i) {
    try (NDArray gradient = tensor(i).getGradient();
        NDArray copy = gradient.duplicate()) {
      optimizer.update(parameter(i).getId(), tensor(i), copy);
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

  private static double[] uniform(Random random, int size) {
    return random.doubles(size).map(u -> 4 * u - 2).toArray();
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
