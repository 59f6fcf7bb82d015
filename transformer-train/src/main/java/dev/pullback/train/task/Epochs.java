package dev.pullback.train.task;

import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The order in which examples are taken; what is left after the last whole batch is left out. */
final class Epochs {

  private final int examples;
  private final int size;
  private final int accumulate;
  private final long seed;
  private final boolean reshuffled;
  private int[][] batches;
  private long shuffledFor;

  /**
   * Prepares.
   *
   * @param examples how many there are
   * @param size how many make a batch
   * @param accumulate how many batches make a step
   * @param seed the run's seed
   * @param reshuffled whether every epoch has an order of its own, instead of all the same
   */
  Epochs(int examples, int size, int accumulate, long seed, boolean reshuffled) {
    this.examples = examples;
    this.size = size;
    this.accumulate = accumulate;
    this.seed = seed;
    this.reshuffled = reshuffled;
    if (steps() == 0) {
      throw new InputException(
          "an epoch of %d examples has no whole step of %d batches of %d; lower --batch or --accumulate"
              .formatted(examples, accumulate, size));
    }
    batches = batches(examples, size, seed, 0);
  }

  /** Returns the number of steps of an epoch. */
  int steps() {
    return examples / size / accumulate;
  }

  /**
   * Returns the examples of a batch.
   *
   * @param step from 1
   * @param part within the step, from 0
   */
  int[] batch(long step, int part) {
    long epoch = (step - 1) / steps();
    if (reshuffled && epoch != shuffledFor) {
      batches = batches(examples, size, seed, epoch);
      shuffledFor = epoch;
    }
    return batches[(int) ((step - 1) % steps()) * accumulate + part];
  }

  /**
   * Shuffles.
   *
   * @param epoch from 0
   * @return the examples' numbers, batch by batch
   */
  static int[][] batches(int examples, int batch, long seed, long epoch) {
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
