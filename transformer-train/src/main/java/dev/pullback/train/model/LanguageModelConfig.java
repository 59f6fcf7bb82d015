package dev.pullback.train.model;

import ai.djl.ndarray.types.Shape;
import dev.pullback.optim.Kernels;

/** The shape of a decoder-only language model, of whatever family. */
public interface LanguageModelConfig {

  /**
   * Returns the number of tokens that the model tells apart.
   *
   * @return at least 1
   */
  int vocabulary();

  /**
   * Returns the longest sequence that is computed at once.
   *
   * @return tokens, at least 1
   */
  int context();

  /**
   * Returns the number of transformer layers.
   *
   * @return at least 1
   */
  int layers();

  /**
   * Returns the width of the residual stream.
   *
   * @return at least 1
   */
  int width();

  /**
   * Tells whether the output layer shares the token embedding.
   *
   * @return whether there is no matrix of its own
   */
  boolean tiedHead();

  /**
   * Returns how weights start.
   *
   * @return the family of initial weights
   */
  Initialization initialization();

  /**
   * Creates a model of this shape; its weights are drawn when it is initialised.
   *
   * @param seed where the initial weights come from
   * @param kernels how passes are computed
   * @param precision in which number formats
   * @return the block
   */
  LanguageModelBlock newBlock(long seed, Kernels kernels, Precision precision);

  /**
   * Returns the shape of the keys, and of the values, of some tokens in one layer.
   *
   * @param tokens how many
   * @return (1, heads of keys and values, tokens, width of a head)
   */
  Shape cacheShape(long tokens);

  /**
   * Tells whether positions count from each other only, so that a sequence may go on beyond the
   * context.
   *
   * @return false where each position of the context has a vector of its own
   */
  boolean slides();

  /**
   * Returns how many of the latest tokens a position sees in each layer, itself included.
   *
   * @return at least 1 and at most the context
   */
  int reach();

  /**
   * Counts the weights.
   *
   * @return all of them, as a number that cannot overflow
   */
  double parameterCount();

  /**
   * Counts the weights of the layers' matrices, which scaling laws call N.
   *
   * @return their number without embeddings, head, norms and biases
   */
  long layerParameterCount();

  /**
   * Estimates the floating-point operations of training on a token: 6 for each weight that is
   * multiplied, and those of attention.
   *
   * @return the operations, forward and backward
   * @see <a href="https://arxiv.org/abs/2204.02311">Chowdhery et al., PaLM (2022), appendix B</a>
   */
  double flopsPerToken();

  /**
   * Estimates, from below, the numbers that a token leaves for the backward pass.
   *
   * @return numbers of 4 bytes
   */
  double activationsPerToken();
}
