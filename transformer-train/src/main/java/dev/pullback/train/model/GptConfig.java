package dev.pullback.train.model;

import ai.djl.ndarray.types.Shape;
import dev.pullback.optim.Kernels;

/**
 * The shape of a {@link GptBlock}.
 *
 * @param vocabulary number of tokens, at least 1
 * @param context longest sequence in tokens, at least 1
 * @param layers number of transformer layers, at least 1
 * @param heads attention heads; divides {@code width}
 * @param width width of the residual stream, at most 2^29 - 1
 * @param dropout probability in [0, 1) on embedding, attention weights and both residual branches
 * @param tiedHead whether the output layer shares the token embedding (and has no bias)
 * @param bias whether linear layers and layer norms have biases
 * @param gelu the activation's form
 * @param layerNormEps ε of the layer norms, above 0
 * @param initialization how weights start
 */
public record GptConfig(
    int vocabulary,
    int context,
    int layers,
    int heads,
    int width,
    double dropout,
    boolean tiedHead,
    boolean bias,
    Gelu gelu,
    double layerNormEps,
    Initialization initialization)
    implements LanguageModelConfig {

  /** Sizes of matrices stay below 2^63 elements, lengths of their sides below 2^31. */
  private static final int MOST_WIDTH = Integer.MAX_VALUE / 4;

  /** Checks the ranges. */
  public GptConfig {
    requirePositive("vocabulary", vocabulary);
    requirePositive("context", context);
    requirePositive("layers", layers);
    requirePositive("heads", heads);
    requirePositive("width", width);
    if (width > MOST_WIDTH) {
      throw new IllegalArgumentException(
          "width must be at most " + MOST_WIDTH + ", but is " + width);
    }
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "width must be a multiple of heads, but is %d with %d heads".formatted(width, heads));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1), but is " + dropout);
    }
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      throw new IllegalArgumentException(
          "layer-norm-eps must be above 0 and below 1, but is " + layerNormEps);
    }
  }

  @Override
  public GptBlock newBlock(long seed, Kernels kernels, Precision precision) {
    return new GptBlock(this, seed, kernels, precision);
  }

  @Override
  public boolean slides() {
    return false;
  }

  @Override
  public int reach() {
    return context;
  }

  @Override
  public Shape cacheShape(long tokens) {
    return new Shape(1, heads, tokens, width / heads);
  }

  @Override
  public double parameterCount() {
    double norms = (2.0 * layers + 1) * width * (bias ? 2 : 1);
    double biases = bias ? 9.0 * width * layers : 0;
    double head = tiedHead ? 0 : (double) vocabulary * (width + (bias ? 1 : 0));
    return ((double) vocabulary + context) * width + matrices() + norms + biases + head;
  }

  /** {@inheritDoc} 12 · layers · width². */
  @Override
  public long layerParameterCount() {
    return Math.multiplyExact(Math.multiplyExact(12L * layers, width), width);
  }

  /** The weights of all layers' matrices. */
  private double matrices() {
    return 12.0 * width * width * layers;
  }

  /** {@inheritDoc} Attention has 12 · layers · width · context. */
  @Override
  public double flopsPerToken() {
    return 6 * (matrices() + (double) vocabulary * width) + 12.0 * layers * width * context;
  }

  /** {@inheritDoc} What goes into the matrices and norms of each layer, and the logits. */
  @Override
  public double activationsPerToken() {
    return 12.0 * layers * width + 2.0 * vocabulary;
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, but is " + value);
    }
  }
}
