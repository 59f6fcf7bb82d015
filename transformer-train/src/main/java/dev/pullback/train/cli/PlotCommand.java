package dev.pullback.train.cli;

import dev.pullback.train.report.LossCurves;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
      description = "The picture (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs.")
  private List<Path> runs;

  @Override
  public Integer call() throws IOException {
    LossCurves curves = new LossCurves();
    for (Path run : runs) {
      curves.add(run.toAbsolutePath().getFileName().toString(), RunFolder.open(run));
    }
    curves.write(out);
    spec.commandLine().getOut().println("Wrote " + out);
    return 0;
  }
}
