package dev.pullback.optim;

/**
 * How Shampoo and SOAP treat matrices.
 *
 * @param every how many steps roots or bases stay as they are, at least 1
 * @param longestSide sides that are longer keep the identity, at least 1
 * @param block matrices are cut into blocks of at most this many rows and columns, at least 1; each
 *     block has factors of its own. {@link Integer#MAX_VALUE} cuts none
 */
public record MatrixBlocks(int every, int longestSide, int block) {

  /** Every 10 steps, sides of up to 10,000, no blocks. */
  public static final MatrixBlocks DEFAULT = new MatrixBlocks(10, 10_000, Integer.MAX_VALUE);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is below 1
   */
  public MatrixBlocks {
    Checks.positive("every", every);
    Checks.positive("longest side", longestSide);
    Checks.positive("block", block);
  }
}
