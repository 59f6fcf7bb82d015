package dev.pullback.train.task;

import dev.pullback.train.SplitMix64;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The order in which examples are taken; what is left after the last whole batch is left out. */
public final class Order {

  private Order() {}

  /**
   * Shuffles.
   *
   * @param examples how many there are
   * @param batch how many make a batch
   * @param seed the trial's seed
   * @param epoch from 0; the same for all where the order is fixed
   * @return the examples' numbers, batch by batch
   */
  public static int[][] batches(int examples, int batch, long seed, int epoch) {
    int[] order = new int[examples];
    Arrays.setAll(order, i -> i);
    SplittableRandom random =
        new SplittableRandom(SplitMix64.mix(SplitMix64.mix(seed, "order"), epoch));
    for (int i = examples - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[other];
      order[other] = swapped;
    }
    int[][] batches = new int[examples / batch][];
    Arrays.setAll(batches, b -> Arrays.copyOfRange(order, b * batch, (b + 1) * batch));
    return batches;
  }
}
