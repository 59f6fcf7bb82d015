package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.generate.Sampling;
import dev.pullback.train.generate.TextGenerator;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Trains a character-level GPT; with no options, on Shakespeare in minutes.")
final class TrainCommand implements Callable<Integer> {

  private static final int SAMPLE_TOKENS = 256;
  private static final Sampling SAMPLING = new Sampling(0.8, 0, 1);

  @Spec private CommandSpec spec;

  @Mixin private RunOptions options;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the run. Default: runs/ and a time stamp.")
  private Path out;

  @Option(
      names = "--resume",
      description =
          "Continue the run in --out from its latest checkpoint and with its own"
              + " configuration.")
  private boolean resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file of options, 'lr: 0.001'; flags win over it.")
  private Path config;

  @Override
  public Integer call() throws IOException {
    try (StopSignal stop = new StopSignal();
        ProgressListener progress = ProgressListener.create(spec.commandLine().getErr());
        TrainingRun run = open(progress)) {
      boolean complete = run.train(stop::requested);
      PrintWriter terminal = spec.commandLine().getOut();
      if (!complete) {
        terminal.printf(
            "Stopped after step %d. Continue with: pullback train --resume --out %s%n",
            run.stepsTaken(), out);
        terminal.flush();
        return Main.INTERRUPTED;
      }
      terminal.printf(
          "%nValidation loss %.4f (perplexity %.2f)%nRun: %s%n%nA sample:%n",
          run.validationLoss(), Math.exp(run.validationLoss()), out);
      new TextGenerator(run.session())
          .generate(firstCharacter(run), SAMPLE_TOKENS, SAMPLING, terminal::print);
      terminal.println();
      terminal.flush();
      return 0;
    }
  }

  private TrainingRun open(ProgressListener progress) throws IOException {
    if (resume) {
      if (out == null) {
        throw new InputException("--resume needs --out, the folder of the run to continue");
      }
      if (config != null) {
        throw new InputException("--resume takes the run's own configuration, not --config");
      }
      RunDirectory directory = RunDirectory.open(out);
      RunConfig own = RunConfig.resolve(directory.config(), options);
      load(own);
      return TrainingRun.resume(own, directory, progress);
    }
    RunConfig resolved = RunConfig.resolve(config, options);
    if (out == null) {
      out =
          Path.of(
              "runs",
              LocalDateTime.now(ZoneId.systemDefault())
                  .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")));
    }
    load(resolved);
    return TrainingRun.create(resolved, out, progress);
  }

  private void load(RunConfig own) {
    own.engine().load(own.threads());
    Bfloat16Speed.warn(own.engine(), own.precision(), spec.commandLine().getErr());
  }

  /** A line feed where the model knows it, as a text's beginning. */
  private static String firstCharacter(TrainingRun run) {
    int newline = run.session().tokenizer().id('\n').orElse(0);
    return run.session().tokenizer().decode(newline);
  }
}
