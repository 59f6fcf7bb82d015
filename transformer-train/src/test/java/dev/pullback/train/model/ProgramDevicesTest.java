package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a native program makes lies where its arguments lie: it names no device. */
class ProgramDevicesTest {

  private static final Path RESOURCES =
      Path.of(System.getProperty("pullback.root", ".."), "transformer-train/src/main/resources");

  @Test
  void noProgramNamesADevice() throws IOException {
    List<Path> programs;
    try (Stream<Path> files = Files.walk(RESOURCES)) {
      programs = files.filter(file -> file.toString().endsWith(".py")).toList();
    }
    assertTrue(programs.size() >= 3, programs + " in " + RESOURCES);
    for (Path program : programs) {
      assertFalse(Files.readString(program).contains("torch.device("), program.toString());
    }
  }
}
