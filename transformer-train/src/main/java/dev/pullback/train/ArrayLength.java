package dev.pullback.train;

/** The lengths of Java arrays and buffers that sizes from outside are multiplied to. */
public final class ArrayLength {

  private ArrayLength() {}

  /**
   * Multiplies sizes.
   *
   * @param what what the array is, with its sizes, such as {@code a batch of 8 windows of 16
   *     tokens}
   * @param advice what to do if it is too large, such as {@code lower --batch}
   * @param elementBytes bytes of an element; an engine's buffer of all elements is to stay below 2
   *     GiB
   * @param sizes factors, each at least 0
   * @return their product
   * @throws InputException if the product is too large
   */
  public static int of(String what, String advice, int elementBytes, long... sizes) {
    long limit = Integer.MAX_VALUE / elementBytes;
    long product = 1;
    for (long size : sizes) {
      // The limit is below 2^31 and sizes are ints almost always; a larger one ends here too.
      if (size > limit || product * size > limit) {
        throw new InputException(
            what + " is too large: it may hold " + limit + " numbers; " + advice);
      }
      product *= size;
    }
    return (int) product;
  }
}
