package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.generate.Sampling;
import dev.pullback.train.generate.TextGenerator;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.model.Precision;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.Task;
import dev.pullback.train.task.Tasks;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback sample}. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Continues a text with the model of a run.")
final class SampleCommand implements Callable<Integer> {

  /** Days of work on any machine. */
  private static final int MOST_TOKENS = 100_000_000;

  @Spec private CommandSpec spec;

  @Option(names = "--run", required = true, paramLabel = "DIR", description = "Folder of the run.")
  private Path run;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "\n",
      description = "What to continue. Default: a line feed.")
  private String prompt;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "500",
      description = "Tokens to generate (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0.8",
      description = "0 always takes the most probable token (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Consider only the K most probable tokens; 0 for all (the default).")
  private int topK;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same text (default: ${DEFAULT-VALUE}).")
  private long seed;

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

  @Override
  public Integer call() {
    InputException.atLeast("tokens", tokens, 0);
    if (tokens > MOST_TOKENS) {
      throw new InputException(
          "tokens must be at most %d, but is %d".formatted(MOST_TOKENS, tokens));
    }
    Sampling sampling = new Sampling(temperature, topK, seed);
    RunFolder folder = RunFolder.open(run);
    RunConfig config =
        RunConfig.read(folder.config()).resumedWith(RunOptions.onEngine(engine, device, precision));
    Task task = Tasks.of(config);
    if (config.options().context == null) {
      throw new InputException(
          "%s trained %s; only models of text continue a text".formatted(run, task.name()));
    }
    config.engine().load(threads);
    Bfloat16Speed.warn(config.backend(), config.options().precision, spec.commandLine().getErr());
    PrintWriter terminal = spec.commandLine().getOut();
    try (LanguageModel model = LanguageModel.load(folder.latest().orElseThrow(), config)) {
      terminal.print(prompt);
      new TextGenerator(model)
          .generate(
              prompt,
              tokens,
              sampling,
              () -> false,
              text -> {
                terminal.print(text);
                terminal.flush();
              });
    }
    terminal.println();
    terminal.flush();
    return 0;
  }
}
