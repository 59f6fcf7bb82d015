package dev.pullback.train.model;

import ai.djl.ndarray.types.Shape;
import dev.pullback.optim.Kernels;

/**
 * The shape of a {@link LlamaBlock}.
 *
 * @param vocabulary number of tokens, at least 1
 * @param context longest sequence in tokens, at least 1
 * @param layers number of transformer layers, at least 1
 * @param heads heads of queries, at least 1
 * @param kvHeads heads of keys and values; divides {@code heads}
 * @param headWidth width of a head, even
 * @param width width of the residual stream
 * @param inner width inside the MLP
 * @param window how many tokens a position sees, itself included; 0 for all before it
 * @param rotaryBase θ of the rotary positions, above 1
 * @param rotaryScaling how their frequencies are scaled, or null
 * @param tiedHead whether the output layer shares the token embedding
 * @param bias whether queries, keys and values have biases
 * @param normEps ε of the norms, above 0
 * @param initialization how weights start
 */
public record LlamaConfig(
    int vocabulary,
    int context,
    int layers,
    int heads,
    int kvHeads,
    int headWidth,
    int width,
    int inner,
    int window,
    double rotaryBase,
    RotaryScaling rotaryScaling,
    boolean tiedHead,
    boolean bias,
    double normEps,
    Initialization initialization)
    implements LanguageModelConfig {

  /** Sizes of matrices stay below 2^63 elements, lengths of their sides below 2^31. */
  private static final int MOST_WIDTH = Integer.MAX_VALUE / 4;

  /** Checks the ranges. */
  public LlamaConfig {
    require("vocabulary", vocabulary, Integer.MAX_VALUE);
    require("context", context, Integer.MAX_VALUE);
    require("layers", layers, Integer.MAX_VALUE);
    require("heads", heads, MOST_WIDTH);
    require("kv-heads", kvHeads, MOST_WIDTH);
    require("head-width", headWidth, MOST_WIDTH / heads);
    require("width", width, MOST_WIDTH);
    require("inner-width", inner, MOST_WIDTH);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "heads must be a multiple of kv-heads, but is %d with %d kv-heads"
              .formatted(heads, kvHeads));
    }
    if (headWidth % 2 != 0) {
      throw new IllegalArgumentException("head-width must be even, but is " + headWidth);
    }
    if (window < 0) {
      throw new IllegalArgumentException("window must be at least 0, but is " + window);
    }
    if (!(rotaryBase > 1 && rotaryBase < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("rotary-base must be above 1, but is " + rotaryBase);
    }
    if (!(normEps > 0 && normEps < 1)) {
      throw new IllegalArgumentException(
          "layer-norm-eps must be above 0 and below 1, but is " + normEps);
    }
  }

  private static void require(String name, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          "%s must be between 1 and %d, but is %d".formatted(name, most, value));
    }
  }

  @Override
  public LlamaBlock newBlock(long seed, Kernels kernels, Precision precision) {
    return new LlamaBlock(this, seed, kernels, precision);
  }

  /** {@inheritDoc} Positions count from each other, so a sequence may go on. */
  @Override
  public boolean slides() {
    return true;
  }

  @Override
  public int reach() {
    return window == 0 ? context : Math.min(window, context);
  }

  @Override
  public Shape cacheShape(long tokens) {
    return new Shape(1, kvHeads, tokens, headWidth);
  }

  /** The weights of all layers' matrices. */
  private double matrices() {
    return layers * ((double) width * headWidth * 2 * (heads + kvHeads) + 3.0 * width * inner);
  }

  @Override
  public double parameterCount() {
    double norms = (2.0 * layers + 1) * width;
    double biases = bias ? (double) layers * headWidth * (heads + 2.0 * kvHeads) : 0;
    return (tiedHead ? 1.0 : 2.0) * vocabulary * width + matrices() + norms + biases;
  }

  @Override
  public long layerParameterCount() {
    long attention = Math.multiplyExact(2L * width * headWidth, (long) heads + kvHeads);
    return Math.multiplyExact(
        layers, Math.addExact(attention, Math.multiplyExact(3L * width, inner)));
  }

  /** {@inheritDoc} Attention has 12 · layers · heads · width of a head · tokens that are seen. */
  @Override
  public double flopsPerToken() {
    return 6 * (matrices() + (double) vocabulary * width)
        + 12.0 * layers * heads * headWidth * reach();
  }

  /** {@inheritDoc} What goes into the matrices and norms of each layer, and the logits. */
  @Override
  public double activationsPerToken() {
    return layers * (4.0 * width + 2.0 * headWidth * (heads + kvHeads) + 3.0 * inner)
        + 2.0 * vocabulary;
  }
}
