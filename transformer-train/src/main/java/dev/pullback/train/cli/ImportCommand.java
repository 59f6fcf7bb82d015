package dev.pullback.train.cli;

import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.huggingface.HubFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback import}. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Makes a run of a model in Hugging Face's form: GPT-2, Llama, Mistral or Qwen2. It can be"
            + " sampled, and trained on with 'train --from'.")
final class ImportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FOLDER",
      description = "Folder with config.json, tokenizer.json and model.safetensors, or shards.")
  private Path folder;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the run.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    TrainingEngine.PYTORCH.load(0);
    RunConfig config = new HubFolder(folder).importTo(out);
    spec.commandLine()
        .getOut()
        .printf(
            "Run: %s (%s, %d layers, width %d, context %d)%n",
            out,
            config.values().get("family"),
            config.options().layers,
            config.options().width,
            config.options().context);
    return 0;
  }
}
