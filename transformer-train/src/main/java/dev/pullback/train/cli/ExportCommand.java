package dev.pullback.train.cli;

import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.huggingface.GgufFile;
import dev.pullback.train.huggingface.HubFolder;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes the latest model of a run in Hugging Face's form, or as a GGUF.")
final class ExportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--run", required = true, paramLabel = "DIR", description = "Folder of the run.")
  private Path run;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "FOLDER",
      description = "Where to; absent or empty. NAME.gguf: one file, as llama.cpp has it.")
  private Path to;

  @Override
  public Integer call() throws IOException {
    RunFolder folder = RunFolder.open(run);
    TrainingEngine.PYTORCH.load(0);
    if (to.toString().endsWith(GgufFile.ENDING)) {
      new GgufFile(to).export(folder);
    } else {
      new HubFolder(to).export(folder);
    }
    spec.commandLine().getOut().println("Wrote " + to);
    return 0;
  }
}
