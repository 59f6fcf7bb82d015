package dev.pullback.train.evaluate;

/**
 * How well a model predicts a text.
 *
 * @param tokens tokens of the text
 * @param scored tokens that were predicted: all but the first, which nothing comes before
 * @param nats sum of their cross entropies
 */
public record TextScore(long tokens, long scored, double nats) {

  /**
   * Returns the mean cross entropy.
   *
   * @return nats per token; NaN if none was predicted
   */
  public double loss() {
    return nats / scored;
  }

  /**
   * Returns the exponential of the loss.
   *
   * @return at least 1
   */
  public double perplexity() {
    return Math.exp(loss());
  }

  /**
   * Returns the bits in which the model would write the text down, which models with different
   * tokenizers can be compared by. The first token counts as much as the mean of the others.
   *
   * @param bytes of the text in UTF-8
   * @return bits per byte; NaN if there are no bytes
   */
  public double bitsPerByte(long bytes) {
    return bytes == 0 ? Double.NaN : loss() / Math.log(2) * tokens / bytes;
  }
}
