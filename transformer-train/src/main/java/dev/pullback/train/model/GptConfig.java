package dev.pullback.train.model;

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
    Initialization initialization) {

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

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, but is " + value);
    }
  }
}
