package dev.pullback.train.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the command line in processes of their own, which tests may kill.
 *
 * @param folder takes what they print
 */
record CommandLines(Path folder) {

  /** What a process printed: {@code output} all of it, {@code text} standard output only. */
  record Result(int status, String text, String output) {}

  /** Runs a command to its end. */
  Result run(List<String> arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "run", ".out");
    Process process = start(arguments, out);
    int status = process.waitFor();
    String text = Files.readString(out);
    return new Result(status, text, text + Files.readString(errorsOf(out)));
  }

  /** Starts a command, with no data folder but one that it names. */
  Process start(List<String> arguments, Path out) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(errorsOf(out).toFile());
    builder.environment().remove("PULLBACK_DATA");
    return builder.start();
  }

  private static Path errorsOf(Path out) {
    return out.resolveSibling(out.getFileName() + ".err");
  }

  /** Waits until a process has written so many lines to a file, or has ended. */
  static void waitForLines(Path file, int lines, Process process)
      throws IOException, InterruptedException {
    while (process.isAlive()) {
      if (Files.exists(file) && Files.readAllLines(file).size() >= lines) {
        return;
      }
      process.waitFor(5, TimeUnit.MILLISECONDS);
    }
  }
}
