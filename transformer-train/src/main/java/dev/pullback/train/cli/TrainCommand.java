package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback train}. */
@Command(
    name = "train",
    abbreviateSynopsis = true,
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Trains a model; with no options, a character-level GPT on Shakespeare in minutes.")
final class TrainCommand implements Callable<Integer> {

  private static final int SAMPLE_TOKENS = 256;

  @Spec private CommandSpec spec;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the run. Default: runs/ and a time stamp.")
  private Path out;

  @Option(
      names = "--resume",
      description =
          "Continue the run in --out from its latest checkpoint and with its own configuration.")
  private boolean resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file of options, 'lr: 0.001'; flags win over it.")
  private Path config;

  @Mixin private ServeOptions serve;

  @Option(
      names = "--tensorboard",
      description = "Write scalars for TensorBoard into the run's folder too.")
  private boolean tensorboard;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    PrintWriter terminal = spec.commandLine().getOut();
    try (StopSignal stop = new StopSignal();
        ProgressListener progress = ProgressListener.create(spec.commandLine().getErr());
        RunWatcher watcher = new RunWatcher(progress, serve, tensorboard);
        TrainingRun run = open(watcher)) {
      if (!run.train(stop::requested)) {
        terminal.printf(
            "Stopped after step %d. Continue with: pullback train --resume --out %s%n",
            run.stepsTaken(), out);
        terminal.flush();
        return Main.INTERRUPTED;
      }
      terminal.printf("%n%s%nRun: %s%n", result(run), out);
      run.workload().languageModel().ifPresent(model -> sample(model, stop, terminal));
      terminal.flush();
      return 0;
    }
  }

  private static String result(TrainingRun run) {
    String metric = run.task().metric();
    return Double.isNaN(run.validationLoss())
        ? String.format(Locale.ROOT, "%s %.4f", metric, run.metric())
        : String.format(
            Locale.ROOT,
            "Validation loss %.4f (%s %.2f)",
            run.validationLoss(),
            metric,
            run.metric());
  }

  private static void sample(LanguageModel model, StopSignal stop, PrintWriter terminal) {
    terminal.printf("%nA sample:%n");
    Samples.generate(
        model,
        SAMPLE_TOKENS,
        stop::requested,
        text -> {
          terminal.print(text);
          terminal.flush();
        });
    terminal.println();
  }

  private TrainingRun open(RunWatcher watcher) throws IOException {
    if (resume) {
      if (out == null) {
        throw new InputException("--resume needs --out, the folder of the run to continue");
      }
      if (config != null) {
        throw new InputException("--resume takes the run's own configuration, not --config");
      }
      RunFolder folder = RunFolder.open(out);
      return open(RunConfig.read(folder.config()).resumedWith(options), watcher);
    }
    RunConfig resolved = RunConfig.resolve(config, options);
    if (out == null) {
      out =
          Path.of(
              "runs",
              LocalDateTime.now(ZoneId.systemDefault())
                  .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT)));
    }
    return open(resolved, watcher);
  }

  /** The folder is written only when everything else is known to be usable. */
  private TrainingRun open(RunConfig own, RunWatcher watcher) throws IOException {
    own.engine().load(own.options().threads);
    Bfloat16Speed.warn(own.backend(), own.options().precision, spec.commandLine().getErr());
    TaskData data = Tasks.of(own).load(own, watcher::onMessage);
    watcher.onMessage("Training on " + data.origin());
    RunConfig settled = TrainingRun.settled(own, data);
    watcher.serve(out);
    RunWriter writer = resume ? RunWriter.resume(out) : RunWriter.create(out);
    TrainingRun run = TrainingRun.open(settled, writer, data, watcher);
    watcher.follow(run, writer);
    return run;
  }
}
