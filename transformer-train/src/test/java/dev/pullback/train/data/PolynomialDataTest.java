package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolynomialDataTest {

  @TempDir private Path folder;

  @Test
  void theProgramBringsTheSet() {
    PolynomialData data = PolynomialData.load(new DataDirectory(folder.resolve("none")));
    assertEquals(13_312, data.rows());
    assertEquals(4, data.inputs(new int[] {13_311}).length);
  }

  @Test
  void theFoldersFileIsTheSame() throws IOException {
    Path file = file();
    try (InputStream in = PolynomialData.class.getResourceAsStream("polynomial.f32")) {
      Files.write(file, in.readAllBytes());
    }
    int[] rows = {0, 5, 13_311};
    PolynomialData own = PolynomialData.load(new DataDirectory(folder));
    Files.delete(file);
    PolynomialData brought = PolynomialData.load(new DataDirectory(folder));
    assertArrayEquals(own.inputs(rows), brought.inputs(rows));
    assertArrayEquals(own.targets(rows), brought.targets(rows));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 266_240, 266_241})
  void anotherFileIsRefused(int length) throws IOException {
    Files.write(file(), new byte[length]);
    DataDirectory directory = new DataDirectory(folder);
    InputException e = assertThrows(InputException.class, () -> PolynomialData.load(directory));
    assertTrue(e.getMessage().contains("polynomial.f32 is not the regression set"), e.getMessage());
    assertTrue(e.getMessage().contains("remove it"), e.getMessage());
  }

  private Path file() throws IOException {
    return Files.createDirectories(folder.resolve("regression")).resolve("polynomial.f32");
  }
}
