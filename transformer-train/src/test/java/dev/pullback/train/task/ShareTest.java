package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import org.junit.jupiter.api.Test;

class ShareTest {

  @Test
  void sharesMakeUpTheBatch() {
    int[] batch = {5, 4, 3, 2, 1, 0};
    int[] joined = new int[batch.length];
    for (int rank = 0; rank < 3; rank++) {
      int[] own = new Share(rank, 3).of(batch);
      System.arraycopy(own, 0, joined, 2 * rank, 2);
    }
    assertArrayEquals(batch, joined);
    assertArrayEquals(new long[] {7, 8}, Share.WHOLE.of(new long[] {7, 8}));
    assertArrayEquals(new long[] {8}, new Share(1, 2).of(new long[] {7, 8}));
  }

  @Test
  void partsMustBeEqual() {
    Share.check(6, 3);
    InputException e = assertThrows(InputException.class, () -> Share.check(8, 3));
    assertTrue(e.getMessage().contains("8 cannot be divided among 3"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Share(2, 2));
  }
}
