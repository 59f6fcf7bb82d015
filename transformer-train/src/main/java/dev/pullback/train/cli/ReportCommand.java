package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.report.RunPage;
import dev.pullback.train.store.PartialFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback report}. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Makes a page of runs beside each other, in one file that opens offline.")
final class ReportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "The page, an .html file (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Parameters(
      arity = "1..*",
      paramLabel = "RUN",
      description = "Folders of runs, the most important one first.")
  private List<Path> runs;

  @Override
  public Integer call() throws IOException {
    if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".html")) {
      throw new InputException(
          "the page is HTML, but its name is %s; name a file that ends with .html".formatted(out));
    }
    List<Path> folders = PlotCommand.distinct(runs);
    String page = RunPage.of(PlotCommand.names(folders), folders);
    try (PartialFile partial = PartialFile.beside(out)) {
      Files.writeString(partial.path(), page);
      partial.commit();
    }
    spec.commandLine().getOut().println("Wrote " + out);
    return 0;
  }
}
