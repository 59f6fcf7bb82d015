package dev.pullback.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArrayLengthTest {

  @Test
  void multiplies() {
    assertEquals(24, ArrayLength.of("it", "", 8, 2, 3, 4));
    assertEquals(0, ArrayLength.of("it", "", 8, 0, Integer.MAX_VALUE / 8));
    assertEquals(268_435_455, ArrayLength.of("it", "", 8, 268_435_455));
  }

  @ParameterizedTest
  @CsvSource({
    "268435456, 1",
    "3000000, 1000",
    "65536, 65536",
    "2147483647, 2147483647",
    "4294967296, 4294967296",
    "9223372036854775807, 2",
  })
  void refusesWhatNoBufferHolds(long a, long b) {
    InputException e =
        assertThrows(
            InputException.class, () -> ArrayLength.of("a batch", "lower --batch", 8, a, b));
    assertEquals(
        "a batch is too large: it may hold 268435455 numbers; lower --batch", e.getMessage());
  }
}
