package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.pullback.engine.EngineSupport;

/**
 * A multi-layer perceptron: linear layers with biases and tanh-form GELU between them. Input:
 * (batch, first width); output: (batch, last width). Weights, stored [fan-out, fan-in], start LeCun
 * normal (truncated at two standard deviations and rescaled), biases at 0: the defaults of Flax.
 */
public final class Mlp extends NamedParameterBlock {

  private final int[] widths;

  /**
   * Creates the block; its weights are drawn when it is initialised.
   *
   * @param seed where the initial weights come from
   * @param widths of the input, the hidden layers and the output; at least two, all positive
   */
  @SuppressWarnings("this-escape")
  public Mlp(long seed, int... widths) {
    if (widths.length < 2) {
      throw new IllegalArgumentException("An MLP needs the widths of its input and its output");
    }
    this.widths = widths.clone();
    for (int i = 1; i < widths.length; i++) {
      String weight = name("weight", i);
      double deviation = Math.sqrt(1.0 / widths[i - 1]);
      add(
          weight,
          Parameter.Type.WEIGHT,
          new SeededInitializer(seed, weight, deviation, true),
          widths[i],
          widths[i - 1]);
      add(name("bias", i), Parameter.Type.BIAS, Initializer.ZEROS, widths[i]);
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), widths[widths.length - 1])};
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDArray x = inputs.singletonOrThrow();
    EngineSupport engine = EngineSupport.of(x);
    for (int i = 1; i < widths.length; i++) {
      NDArray weight = store.getValue(parameter("weight", i), x.getDevice(), training);
      NDArray bias = store.getValue(parameter("bias", i), x.getDevice(), training);
      x = Linear.linear(x, weight, bias).singletonOrThrow();
      if (i < widths.length - 1) {
        x = Gelu.TANH.apply(engine, x);
      }
    }
    return new NDList(x);
  }

  @Override
  public double flopsPerExample() {
    double multiplied = 0;
    for (int i = 1; i < widths.length; i++) {
      multiplied += (double) widths[i - 1] * widths[i];
    }
    return 6 * multiplied;
  }

  private Parameter parameter(String kind, int layer) {
    return parameters.get(name(kind, layer));
  }

  private static String name(String kind, int layer) {
    return "fc" + layer + "." + kind;
  }
}
