package dev.pullback.train.store;

/**
 * Which checkpoints stay when a new one is made: the new one, the best, and those named here.
 *
 * @param last how many of the newest, with the new one; at least 1
 * @param every stays too whose step is a multiple of this; 0 for none
 */
public record Retention(int last, int every) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if {@code last} is below 1 or {@code every} below 0
   */
  public Retention {
    if (last < 1 || every < 0) {
      throw new IllegalArgumentException(
          "cannot keep the last %d, every %d".formatted(last, every));
    }
  }
}
