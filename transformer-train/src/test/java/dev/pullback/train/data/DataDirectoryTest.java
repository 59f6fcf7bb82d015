package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataDirectoryTest {

  @TempDir private Path home;

  @ParameterizedTest
  @CsvSource({
    "option, variable, option",
    "option, , option",
    ", variable, variable",
    ", ' ', .pullback",
    ", , .pullback",
  })
  void optionThenVariableThenHome(String option, String variable, String expected) {
    Path optionPath = option == null ? null : home.resolve(option);
    Map<String, String> environment =
        variable == null
            ? Map.of()
            : Map.of(
                "PULLBACK_DATA", variable.isBlank() ? variable : home.resolve(variable).toString());

    assertEquals(
        home.resolve(expected), DataDirectory.choose(optionPath, environment, home).path());
  }

  @Test
  void relativePathsBecomeAbsolute() {
    assertEquals(
        Path.of("data").toAbsolutePath(),
        DataDirectory.choose(Path.of("data"), Map.of(), home).path());
  }

  @Test
  void filesLieInTheFolderOfTheirDataSet() {
    assertEquals(
        home.resolve("mnist").resolve("t10k-labels-idx1-ubyte.gz"),
        new DataDirectory(home).file("mnist", "t10k-labels-idx1-ubyte.gz"));
  }

  @ParameterizedTest
  @CsvSource({"option, , --data-dir", ", variable, PULLBACK_DATA", ", , default"})
  void refusesFileInPlaceOfTheFolder(String option, String variable, String source)
      throws IOException {
    Path file = Files.createFile(home.resolve(".pullback"));
    Path optionPath = option == null ? null : file;
    Map<String, String> environment =
        variable == null ? Map.of() : Map.of("PULLBACK_DATA", file.toString());

    InputException e =
        assertThrows(
            InputException.class, () -> DataDirectory.choose(optionPath, environment, home));

    assertTrue(e.getMessage().contains(source), e.getMessage());
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
  }

  @Test
  void refusesAnUnknownHomeWhereItIsNeeded() {
    Path unknown = Path.of("?");
    InputException e =
        assertThrows(InputException.class, () -> DataDirectory.choose(null, Map.of(), unknown));
    assertTrue(e.getMessage().contains("set --data-dir or PULLBACK_DATA"), e.getMessage());
    assertEquals(home, DataDirectory.choose(home, Map.of(), unknown).path());
  }

  @Test
  void refusesMalformedVariable() {
    Map<String, String> environment = Map.of("PULLBACK_DATA", "a\0b");
    assertThrows(InputException.class, () -> DataDirectory.choose(null, environment, home));
  }
}
