package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenStreamTest {

  @TempDir private Path folder;

  /** Three files, one of them empty: every window of a few tokens, across all seams. */
  @ParameterizedTest
  @EnumSource(TokenWidth.class)
  void mapsFilesOneAfterTheOther(TokenWidth width) throws IOException {
    int top = width == TokenWidth.UINT16 ? 65_535 : Integer.MAX_VALUE;
    int[] tokens = {0, 1, 255, 256, top, 3, 4, 5, 6};
    List<Path> files = new ArrayList<>();
    int[] cuts = {0, 2, 2, 6, 9};
    for (int f = 0; f + 1 < cuts.length; f++) {
      ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = cuts[f]; i < cuts[f + 1]; i++) {
        width.put(bytes, tokens[i]);
      }
      byte[] content = new byte[bytes.flip().limit()];
      bytes.get(content);
      files.add(Files.write(folder.resolve(f + ".bin"), content));
    }
    assertWindows(tokens, TokenStream.map(files, width));
  }

  @Test
  void keepsTokensInMemory() {
    assertWindows(new int[] {5, 70_000, 0}, TokenStream.of(5, 70_000, 0));
    TokenBuffer buffer = new TokenBuffer(TokenWidth.UINT16);
    int count = (1 << 19) + 3; // more than a segment
    for (int i = 0; i < count; i++) {
      buffer.accept(i % 65_536);
    }
    TokenStream stream = buffer.finish();
    assertEquals(count, stream.length());
    long[] seam = new long[6];
    stream.copy((1 << 19) - 3, 6, seam, 0);
    assertArrayEquals(new long[] {65_533, 65_534, 65_535, 0, 1, 2}, seam);
  }

  private static void assertWindows(int[] expected, TokenStream stream) {
    assertEquals(expected.length, stream.length());
    for (int start = 0; start <= expected.length; start++) {
      for (int count = 0; start + count <= expected.length; count++) {
        long[] window = new long[count + 2];
        long[] wanted = new long[count + 2];
        for (int i = 0; i < count; i++) {
          wanted[i + 1] = expected[start + i];
        }
        stream.copy(start, count, window, 1);
        assertArrayEquals(wanted, window, start + " + " + count);
      }
    }
    assertThrows(
        IndexOutOfBoundsException.class, () -> stream.copy(expected.length, 1, new long[1], 0));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.copy(-1, 1, new long[1], 0));
    assertThrows(IndexOutOfBoundsException.class, () -> stream.copy(0, 2, new long[2], 1));
  }

  /** A sparse file of 5 GiB: lengths and places need more than 32 bits. */
  @Test
  void mapsFilesThatAreLargerThanABuffer() throws IOException {
    Path file = folder.resolve("large.bin");
    long size = 5L << 30;
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(size);
      sparse.seek(size - 4);
      sparse.write(new byte[] {1, 2, 3, 4});
    }
    TokenStream stream = TokenStream.map(List.of(file), TokenWidth.UINT16);
    assertEquals(size / 2, stream.length());
    long[] end = new long[3];
    stream.copy(size / 2 - 3, 3, end, 0);
    assertArrayEquals(new long[] {0, 0x0201, 0x0403}, end);
  }

  @Test
  void refusesFilesThatEndWithinAToken() throws IOException {
    Path file = Files.write(folder.resolve("odd.bin"), new byte[3]);
    InputException e =
        assertThrows(InputException.class, () -> TokenStream.map(List.of(file), TokenWidth.UINT16));
    assertTrue(e.getMessage().contains("odd.bin has 3 bytes"), e.getMessage());
  }
}
