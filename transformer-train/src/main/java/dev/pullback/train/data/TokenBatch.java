package dev.pullback.train.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import dev.pullback.train.InputException;

/**
 * Windows of a token stream and, one position later, what follows each token.
 *
 * @param inputs (batch, time), int64
 * @param targets (batch, time), int64
 */
public record TokenBatch(NDArray inputs, NDArray targets) {

  /**
   * Gathers windows.
   *
   * @param manager owns the two arrays
   * @param tokens the stream
   * @param starts where each window begins
   * @param length tokens per window; the last target of each must exist
   * @return the batch
   * @throws InputException if the batch is larger than an array may be
   */
  public static TokenBatch gather(
      NDManager manager, TokenStream tokens, long[] starts, int length) {
    return new TokenBatch(
        window(manager, tokens, starts, length, 0), window(manager, tokens, starts, length, 1));
  }

  private static NDArray window(
      NDManager manager, TokenStream tokens, long[] starts, int length, int shift) {
    long[] values =
        new long
            [ArrayLength.of(
                "a batch of " + starts.length + " windows of " + length + " tokens",
                "lower --batch or --context",
                Long.BYTES,
                starts.length,
                length)];
    int i = 0;
    for (long start : starts) {
      tokens.copy(start + shift, length, values, i);
      i += length;
    }
    return HostValues.on(manager).create(values, new Shape(starts.length, length));
  }
}
