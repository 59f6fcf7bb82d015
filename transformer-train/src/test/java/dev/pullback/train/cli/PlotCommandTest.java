package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotCommandTest {

  @TempDir private Path folder;

  @Test
  void namesTellRunsApart() {
    assertEquals(List.of("A/run", "B/run"), names("/x/A/run", "/x/B/run"));
    assertEquals(List.of("a", "b"), names("/x/a", "/x/b"));
    assertEquals(List.of("a", "b/c", "d/c"), names("/a", "/b/c", "/d/c"));
    assertEquals(List.of("/run", "x/run"), names("/run", "/x/run"), "one is the end of the other");
    assertEquals(List.of("/", "x"), names("/", "/x"));
  }

  @Test
  void drawsRunsOfTheSameNameIntoTheFileThatItNames() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(50));
    for (String place : List.of("A", "B")) {
      run(
          0,
          "train --layers 1 --heads 1 --width 8 --context 8 --batch 2 --max-steps 2"
              + " --warmup-steps 1 --data %s --out %s"
                  .formatted(text, folder.resolve(place).resolve("run")));
    }
    Path picture = folder.resolve("p.PNG");
    String runs = " %1$s/A/run %1$s/B/run %1$s/A/../A/run".formatted(folder);
    assertEquals("Wrote " + picture, run(0, "plot --out " + picture + runs).strip());
    byte[] start = Arrays.copyOf(Files.readAllBytes(picture), 4);
    assertArrayEquals(new byte[] {(byte) 0x89, 'P', 'N', 'G'}, start);
    Files.delete(picture);

    Path other = folder.resolve("p.jpg");
    String refused = run(2, "plot --out " + other + runs);
    assertTrue(refused.contains("but its name is " + other), refused);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(3, files.count(), "two runs and the text");
    }
  }

  @Test
  void refusesFoldersWithoutARun() {
    String refused = run(2, "plot --out " + folder.resolve("p.png") + " /");
    assertTrue(refused.startsWith("pullback: / holds no run"), refused);
  }

  private static String run(int status, String arguments) {
    StringWriter text = new StringWriter();
    int found =
        Main.commandLine()
            .setOut(new PrintWriter(text))
            .setErr(new PrintWriter(text))
            .execute(arguments.split(" ", -1));
    assertEquals(status, found, text.toString());
    return text.toString();
  }

  private static List<String> names(String... folders) {
    return PlotCommand.names(Stream.of(folders).map(Path::of).toList());
  }
}
