package dev.pullback.train;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this program was started, for further processes of it. */
public final class ThisProgram {

  private static final String MAIN = "dev.pullback.train.cli.Main";

  private ThisProgram() {}

  /**
   * Returns what starts it again.
   *
   * @return Java, its options, and the program; arguments of the command line may follow
   */
  public static List<String> command() {
    String classPath = System.getProperty("java.class.path");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    // Only as a jar does the program have what its manifest allows it.
    if (classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)) {
      command.addAll(List.of("-jar", Path.of(classPath).toAbsolutePath().toString()));
    } else {
      command.addAll(List.of("-cp", classPath, MAIN));
    }
    return command;
  }
}
