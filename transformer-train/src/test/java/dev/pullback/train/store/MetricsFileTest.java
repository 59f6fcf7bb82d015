package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pullback.train.InputException;
import dev.pullback.train.store.MetricsFile.Point;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsFileTest {

  private static final String GOOD = "{\"step\":1,\"split\":\"train\",\"loss\":3.5}\n";

  @TempDir private Path folder;

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("metrics.jsonl"), content, StandardCharsets.ISO_8859_1);
  }

  @Test
  void ignoresACutLastLineAndWhatHasNoLoss() throws IOException {
    Path file =
        file(
            GOOD
                + "{\"step\":2,\"split\":\"train\"}\n"
                + "{\"step\":2,\"split\":\"validation\",\"loss\":9}\n"
                + "{\"step\":2}\n"
                + "{\"step\":3,\"split\":\"train\",\"loss\":2}");
    assertEquals(List.of(new Point(1, 3.5)), MetricsFile.losses(file, "train"));
    assertEquals(List.of(new Point(2, 9)), MetricsFile.losses(file, "validation"));
    assertEquals(List.of(), MetricsFile.losses(file(""), "train"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello\n",
        "\n",
        "[1]\n",
        "{\"step\":1.5}\n",
        "{\"step\":null}\n",
        "{\"step\":99999999999999999999}\n",
        "{\"loss\":1}\n",
        "{\"step\":1,\"split\":\"train\",\"loss\":\"1\"}\n",
        "{\"step\":1,\"split\":\"train\",\"loss\":null}\n",
        "{\"step\":1}{\"step\":2}\n",
        "{\"step\":1\n",
        "\0\0\0\0\n",
        "\u00ff\u00fe{\n",
        "{\"step\":1,\"split\":\"train\",\"loss\":1}\n{\"step\":2,\"sp\n",
      })
  void refusesWhatIsNoMetrics(String content) throws IOException {
    Path file = file(content + GOOD);
    InputException e =
        assertThrows(InputException.class, () -> MetricsFile.losses(file, "train"), content);
    long line = content.chars().filter(c -> c == '\n').count();
    assertEquals(file + ", line " + line, e.getMessage().split(": ", 2)[0]);
  }

  /** One line of 20 MB takes the memory of the longest line allowed. */
  @Test
  void keepsNoMoreThanALineInMemory() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    byte[] part = "[[[[[[[[".repeat(1 << 13).getBytes(StandardCharsets.US_ASCII);
    try (var out = Files.newOutputStream(file)) {
      for (int i = 0; i < 320; i++) {
        out.write(part);
      }
    }
    try (LineReader lines = new LineReader(file)) {
      LineReader.Line line = lines.next().orElseThrow();
      assertEquals(LineReader.LONGEST, line.text().length());
      assertEquals(false, line.whole());
    }
    Files.writeString(file, "\n", StandardOpenOption.APPEND);
    assertThrows(InputException.class, () -> MetricsFile.losses(file, "train"));
  }

  @Test
  void saysWhyItCannotBeRead() {
    InputException e =
        assertThrows(InputException.class, () -> MetricsFile.losses(folder.resolve("no"), "train"));
    assertEquals("cannot read the metrics " + folder + "/no: no such file", e.getMessage());
  }
}
