package dev.pullback.train.cli;

import dev.pullback.train.report.LossCurves;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback plot}. */
@Command(
    name = "plot",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Draws the loss curves of runs into one PNG.")
final class PlotCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "loss.png",
      description = "The picture, a .png file (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs.")
  private List<Path> runs;

  @Override
  public Integer call() throws IOException {
    LossCurves.checkName(out);
    List<Path> folders = distinct(runs);
    List<String> names = names(folders);
    LossCurves curves = new LossCurves();
    for (int i = 0; i < folders.size(); i++) {
      curves.add(names.get(i), RunFolder.open(folders.get(i)));
    }
    curves.write(out);
    spec.commandLine().getOut().println("Wrote " + out);
    return 0;
  }

  /** Returns absolute paths; of a folder that is named twice there is one curve to see. */
  static List<Path> distinct(List<Path> runs) {
    return runs.stream().map(run -> run.toAbsolutePath().normalize()).distinct().toList();
  }

  /** Returns the shortest ends of different absolute paths that tell them apart. */
  static List<String> names(List<Path> folders) {
    return folders.stream()
        .map(
            folder ->
                IntStream.rangeClosed(1, folder.getNameCount())
                    .mapToObj(length -> end(folder, length))
                    .filter(name -> folders.stream().filter(f -> f.endsWith(name)).count() == 1)
                    .findFirst()
                    .orElse(folder)
                    .toString())
        .toList();
  }

  private static Path end(Path path, int length) {
    return path.subpath(path.getNameCount() - length, path.getNameCount());
  }
}
