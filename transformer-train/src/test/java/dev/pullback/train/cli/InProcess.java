package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The command line in this process, with the smallest language model. */
final class InProcess {

  static final String TINY =
      "--layers 1 --heads 2 --width 16 --context 16 --batch 4 --max-steps 6 --eval-interval 3"
          + " --warmup-steps 2 --dropout 0.1";

  private static final List<String> BUDGETS = List.of("--max-steps", "--epochs", "--max-tokens");

  private InProcess() {}

  /** Returns the smallest model's options with some set or added. */
  static String tiny(String changes) {
    Map<String, String> options = new LinkedHashMap<>();
    String[] words = (TINY + " " + changes).strip().split(" +", -1);
    for (int i = 0; i < words.length; i += 2) {
      if (BUDGETS.contains(words[i])) {
        options.keySet().removeAll(BUDGETS);
      }
      options.put(words[i], words[i + 1]);
    }
    StringBuilder text = new StringBuilder();
    options.forEach((name, value) -> text.append(name).append(' ').append(value).append(' '));
    return text.toString();
  }

  static Path writeText(Path folder) throws IOException {
    return Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(50));
  }

  /** Runs words separated by spaces; returns standard output. */
  static String run(String arguments) {
    return run(List.of(arguments.strip().split(" +", -1)));
  }

  static String run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertEquals(0, execute(arguments, out, err), err.toString());
    return out.toString();
  }

  /** Runs words separated by spaces that must be refused; returns the line that says why. */
  static String refused(String arguments) {
    return refused(List.of(arguments.strip().split(" +", -1)));
  }

  static String refused(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertEquals(2, execute(arguments, out, err), err.toString());
    assertEquals("", out.toString());
    assertFalse(err.toString().contains("\tat "), "no stack trace: " + err);
    List<String> complaints =
        err.toString().lines().filter(line -> line.startsWith("pullback: ")).toList();
    assertEquals(1, complaints.size(), err.toString());
    return complaints.get(0);
  }

  private static int execute(List<String> arguments, StringWriter out, StringWriter err) {
    return Main.commandLine()
        .setErr(new PrintWriter(err))
        .setOut(new PrintWriter(out))
        .execute(arguments.toArray(String[]::new));
  }

  /** Returns what every file below a folder holds, as a hash of its bytes, by its path. */
  static Map<String, Integer> content(Path folder) throws IOException {
    Map<String, Integer> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        content.put(folder.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return content;
  }

  /** Returns the lines of a run's metrics without how long things took. */
  static List<String> metrics(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"seconds\":[^,}]*", ""))
        .toList();
  }
}
