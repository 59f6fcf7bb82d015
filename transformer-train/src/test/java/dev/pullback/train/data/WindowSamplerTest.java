package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowSamplerTest {

  @Test
  void drawsTheSameForTheSameStepOnly() {
    WindowSampler sampler = new WindowSampler(5, 10_000, 64);
    long[] starts = sampler.starts(3, 0, 12);
    assertArrayEquals(starts, new WindowSampler(5, 10_000, 64).starts(3, 0, 12));
    assertFalse(Arrays.equals(starts, sampler.starts(4, 0, 12)));
    assertFalse(Arrays.equals(starts, sampler.starts(3, 1, 12)));
    assertFalse(Arrays.equals(starts, new WindowSampler(6, 10_000, 64).starts(3, 0, 12)));
  }

  @Test
  void reachesFirstAndLastWindowAndNoFurther() {
    long[] starts = new WindowSampler(1, 12, 8).starts(1, 0, 1000);
    assertEquals(0, Arrays.stream(starts).min().orElseThrow());
    assertEquals(3, Arrays.stream(starts).max().orElseThrow());
  }

  /** As they were drawn when streams had int lengths: runs go on as they began. */
  @Test
  void drawsWhatEarlierVersionsDrew() {
    assertArrayEquals(
        new SplittableRandom(SplitMix64.mix(7, 3, 1))
            .ints(5, 0, 1_003_854 - 64)
            .asLongStream()
            .toArray(),
        new WindowSampler(7, 1_003_854, 64).starts(3, 1, 5));
  }

  @Test
  void reachesBeyondTwoBillionTokens() {
    long tokens = 10_000_000_000L;
    long[] starts = new WindowSampler(1, tokens, 8).starts(1, 0, 1000);
    assertTrue(Arrays.stream(starts).min().orElseThrow() >= 0);
    assertTrue(Arrays.stream(starts).max().orElseThrow() > 9_000_000_000L);
    assertTrue(Arrays.stream(starts).max().orElseThrow() < tokens - 8);
  }

  @Test
  void targetsFollowTheirInputs() {
    try (NDManager manager = NDManager.newBaseManager()) {
      TokenStream tokens = TokenStream.of(IntStream.range(100, 120).toArray());
      TokenBatch batch = TokenBatch.gather(manager, tokens, new long[] {0, 16}, 3);
      assertArrayEquals(new long[] {100, 101, 102, 116, 117, 118}, batch.inputs().toLongArray());
      assertArrayEquals(new long[] {101, 102, 103, 117, 118, 119}, batch.targets().toLongArray());
    }
  }

  @Test
  void splitsNineToOne() {
    TokenData data = TokenData.split(new int[1_115_394], 256);
    assertEquals(1_003_854, data.train().length());
    assertEquals(111_540, data.validation().length());
  }

  @ParameterizedTest
  @CsvSource({"0, 8", "9, 8", "20, 18", "10, 8"})
  void refusesTextsThatAreTooShort(int length, int context) {
    InputException e =
        assertThrows(InputException.class, () -> TokenData.split(new int[length], context));
    assertTrue(e.getMessage().contains("too short"), e.getMessage());
  }
}
