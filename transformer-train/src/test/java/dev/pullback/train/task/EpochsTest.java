package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochsTest {

  @Test
  void wholeBatchesOfDifferentExamples() {
    int[][] batches = Epochs.batches(103, 10, 7, 0);
    assertEquals(10, batches.length);
    assertEquals(100, Arrays.stream(batches).flatMapToInt(Arrays::stream).distinct().count());
  }

  @Test
  void dependsOnSeedAndEpochOnly() {
    assertArrayEquals(Epochs.batches(50, 5, 1, 2), Epochs.batches(50, 5, 1, 2));
    assertFalse(Arrays.deepEquals(Epochs.batches(50, 5, 1, 2), Epochs.batches(50, 5, 1, 3)));
    assertFalse(Arrays.deepEquals(Epochs.batches(50, 5, 1, 2), Epochs.batches(50, 5, 2, 2)));
  }

  @Test
  void leavesNothingOutWhenItFits() {
    int[] all = Arrays.stream(Epochs.batches(12, 4, 1, 0)).flatMapToInt(Arrays::stream).toArray();
    Arrays.sort(all);
    assertArrayEquals(IntStream.range(0, 12).toArray(), all);
  }
}
