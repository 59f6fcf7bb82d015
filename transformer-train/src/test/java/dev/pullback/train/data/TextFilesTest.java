package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFilesTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "ASCII and line ends, 610d0a620a, 'a\r\nb\n'",
    "two to four bytes a character, c3a9e282acf09f9880, é€😀",
    "byte order mark at the start, efbbbf61, a",
    "byte order mark elsewhere, 61efbbbf, a\uFEFF",
  })
  void readsUtf8(String what, String hex, String expected) throws IOException {
    assertEquals(expected, TextFiles.read(file(hex)), what);
  }

  @ParameterizedTest
  @CsvSource({
    "Latin-1, 6162e963, 0xE9 at offset 2",
    "lone continuation byte, 80, 0x80 at offset 0",
    "overlong form, 61c080, 0xC0 at offset 1",
    "surrogate, 616263eda080, 0xED at offset 3",
    "cut off at the end, c3a961e282, 0xE2 at offset 3",
    "after a byte order mark, efbbbf61ff, 0xFF at offset 4",
  })
  void namesTheFirstMalformedByte(String what, String hex, String expected) throws IOException {
    Path file = file(hex);
    assertRefused(file, expected);
  }

  @ParameterizedTest
  @CsvSource({"'', is empty", "efbbbf, is empty"})
  void refusesFilesWithoutText(String hex, String expected) throws IOException {
    assertRefused(file(hex), expected);
  }

  @Test
  void refusesMissingFile() {
    assertRefused(folder.resolve("missing.txt"), "no such file");
  }

  @Test
  void refusesDirectory() {
    assertRefused(folder, "is a directory");
  }

  @Test
  void refusesUnreadableFile() throws IOException {
    Path file = file("61");
    assumeTrue(file.toFile().setReadable(false), "this file system has no read permission");
    assumeFalse(Files.isReadable(file), "this user may read every file");
    assertRefused(file, "permission denied");
  }

  @Test
  void refusesFileThatDoesNotFitInAnArray() throws IOException {
    Path file = file("");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 31);
    }
    assertRefused(file, "has 2147483648 bytes");
  }

  private Path file(String hex) throws IOException {
    return Files.write(folder.resolve("text.txt"), HexFormat.of().parseHex(hex));
  }

  private static void assertRefused(Path file, String reason) {
    InputException e = assertThrows(InputException.class, () -> TextFiles.read(file));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }
}
