package dev.pullback.train.cli;

import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.model.Precision;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The language model of a run, and where it computes. */
final class ModelOptions {

  @Option(names = "--run", required = true, paramLabel = "DIR", description = "Folder of the run.")
  private Path run;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "PyTorch or MXNet. Default: the run's.")
  private TrainingEngine engine;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      converter = DeviceChoice.Converter.class,
      description = "cpu, gpu, gpu:N or auto. Default: the run's.")
  private DeviceChoice device;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "float32 or mixed. Default: the run's.")
  private Precision precision;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads; 0 for one per core (the default).")
  private int threads;

  /** Returns the file of the model's tokenizer. */
  Path tokenizer() {
    return LanguageModel.tokenizerOf(run);
  }

  /**
   * Loads the latest model.
   *
   * @param err takes warnings
   * @param purpose what only models of text do, for the refusal of others
   * @throws InputException if there is none, or none of text
   */
  LanguageModel load(PrintWriter err, String purpose) throws IOException {
    RunFolder folder = RunFolder.open(run);
    RunConfig config =
        RunConfig.read(folder.config()).resumedWith(RunOptions.onEngine(engine, device, precision));
    Tasks.of(config); // refuses what means nothing to the task
    config.requireLanguageModel(run, purpose);
    config.engine().load(threads);
    Bfloat16Speed.warn(config.backend(), config.options().precision, err);
    return folder.readLatest(checkpoint -> LanguageModel.load(checkpoint, config));
  }
}
