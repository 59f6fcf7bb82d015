package dev.pullback.train.task;

import dev.pullback.train.InputException;
import java.util.Arrays;

/**
 * Which part of every batch a process trains on.
 *
 * @param rank its number, from 0
 * @param ranks how many processes train the model, at least 1
 */
public record Share(int rank, int ranks) {

  /** All of every batch. */
  public static final Share WHOLE = new Share(0, 1);

  /** Checks the numbers. */
  public Share {
    if (rank < 0 || rank >= ranks) {
      throw new IllegalArgumentException(
          "there is no rank %d of %d processes".formatted(rank, ranks));
    }
  }

  /**
   * Refuses batches that cannot be divided.
   *
   * @param batch windows, images or rows of a batch
   * @param ranks how many processes there are
   * @throws InputException if the parts would not be equal
   */
  public static void check(int batch, int ranks) {
    if (batch % ranks != 0) {
      throw new InputException(
          "a --batch of %d cannot be divided among %d workers; choose a multiple of %d, or other --workers"
              .formatted(batch, ranks, ranks));
    }
  }

  /**
   * Returns this process's part of a batch.
   *
   * @param batch what one process would take
   * @return as many as every other part
   */
  public long[] of(long[] batch) {
    int size = batch.length / ranks;
    return Arrays.copyOfRange(batch, rank * size, (rank + 1) * size);
  }

  /**
   * Returns this process's part of a batch.
   *
   * @param batch what one process would take
   * @return as many as every other part
   */
  public int[] of(int[] batch) {
    int size = batch.length / ranks;
    return Arrays.copyOfRange(batch, rank * size, (rank + 1) * size);
  }
}
