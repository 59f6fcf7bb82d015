package dev.pullback.train.cli;

import dev.pullback.train.ExitStatus;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.loop.FollowingRun;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.ranks.RankPlaces;
import dev.pullback.train.ranks.RankedRun;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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

  @Mixin private RankOptions ranks;

  @Mixin private ServeOptions serve;

  @Option(
      names = "--tensorboard",
      description = "Write scalars for TensorBoard into the run's folder too.")
  private boolean tensorboard;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    ranks.checkAlone();
    if (ranks.supervise()) {
      return supervise();
    }
    if (ranks.isRank()) {
      Lifeline.hold();
    }
    return ranks.follow() ? follow() : train();
  }

  private int train() throws IOException {
    PrintWriter terminal = spec.commandLine().getOut();
    try (StopSignal stop = new StopSignal(ranks.isRank());
        ProgressListener progress = ProgressListener.create(spec.commandLine().getErr());
        RunWatcher watcher = new RunWatcher(progress, serve, tensorboard);
        TrainingRun run = open(watcher)) {
      if (!run.train(stop::requested)) {
        terminal.printf(
            "Stopped after step %d. Continue with: pullback train --resume --out %s%s%n",
            run.stepsTaken(), out, ranks.isRank() ? ", and --workers" : "");
        terminal.flush();
        return ExitStatus.INTERRUPTED;
      }
      terminal.printf("%n%s%nRun: %s%n", result(run), out);
      run.withEvaluationWeights(
          () -> {
            run.workload().languageModel().ifPresent(model -> sample(model, stop, terminal));
            return terminal;
          });
      terminal.flush();
      return 0;
    }
  }

  /** Starts the processes that train. */
  private int supervise() throws IOException {
    RunConfig own = configuration();
    ranks.checkServed(serve);
    RankedRun run = ranks.run(own);
    PrintWriter err = spec.commandLine().getErr();
    try (StopSignal stop = new StopSignal();
        RankPlaces places = ranks.places()) {
      return run.run(
          places,
          attempt -> arguments(own, attempt),
          this::savedStep,
          stop::requested,
          err::println);
    }
  }

  private long savedStep() {
    return new RunFolder(out).latest().map(Checkpoint::step).orElse(-1L);
  }

  /**
   * Returns the command lines of an attempt; empty if an earlier one has left nothing. Paths are
   * absolute: a worker on a cluster has a working directory of its own.
   */
  private Optional<RankedRun.Arguments> arguments(RunConfig own, int attempt) {
    boolean begun = attempt > 0 && new RunFolder(out).isRun();
    if (attempt > 0 && !begun && own.options().saveInterval == 0) {
      return Optional.empty();
    }
    List<String> shared = new ArrayList<>(List.of("train", "--out=" + out.toAbsolutePath()));
    shared.addAll(ranks.shared());
    if (begun || resume) {
      shared.add("--resume"); // the folder holds the configuration
    } else if (config != null) {
      shared.add("--config=" + config.toAbsolutePath());
    }
    if (!begun || resume) { // an attempt that failed early has not written down what changes
      Map<String, String> said = RunConfig.said(options);
      Map<String, String> paths = own.paths();
      if (resume) {
        paths.keySet().retainAll(said.keySet());
      }
      said.putAll(paths); // those of the file, too
      said.forEach((key, value) -> shared.add("--" + key + "=" + value));
    }
    return Optional.of(
        join -> {
          List<String> line = new ArrayList<>(shared);
          line.add("--rank=" + join);
          if (join.rank() == 0) {
            line.addAll(serve.arguments());
            if (tensorboard) {
              line.add("--tensorboard");
            }
          }
          return line;
        });
  }

  /** Trains as a rank above 0. */
  private int follow() throws IOException {
    RunConfig own = configuration();
    own.engine().load(ranks.threads(own));
    TaskData data = Tasks.of(own).load(own, line -> {});
    StopSignal held = new StopSignal(true); // rank 0 says when to stop
    try (held;
        FollowingRun run =
            FollowingRun.open(
                TrainingRun.settled(own, data), new RunFolder(out), data, ranks.link())) {
      return run.follow() ? 0 : ExitStatus.INTERRUPTED;
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

  /** Reads the configuration, and settles where the run's folder is. */
  private RunConfig configuration() {
    if (resume) {
      if (out == null) {
        throw new InputException("--resume needs --out, the folder of the run to continue");
      }
      if (config != null) {
        throw new InputException("--resume takes the run's own configuration, not --config");
      }
      RunFolder folder = RunFolder.open(out);
      RunConfig resumed = RunConfig.read(folder.config()).resumedWith(options);
      if (options.precision != null) {
        Tasks.checkPrecision(resumed);
      }
      return withTokenizer(options.dataDir == null ? resumed : absolute(resumed), folder);
    }
    RunConfig resolved = RunConfig.resolve(config, options);
    Tasks.checkPrecision(resolved);
    if (out == null) {
      out =
          Path.of(
              "runs",
              LocalDateTime.now(ZoneId.systemDefault())
                  .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT)));
    }
    return absolute(resolved).withDefaults();
  }

  /** Writes the data folder in full, so that a continued run finds it from anywhere. */
  private static RunConfig absolute(RunConfig config) {
    Path folder = config.options().dataDir;
    return folder == null || folder.isAbsolute()
        ? config
        : config.with(Map.of("data-dir", folder.toAbsolutePath().toString()));
  }

  /**
   * The file that a tokenizer came from, such as the checkpoint of another run, may be gone; then
   * that of the run's own checkpoint takes its place.
   */
  private static RunConfig withTokenizer(RunConfig config, RunFolder folder) {
    Path file =
        config.options().tokenizer == null
            ? null
            : TokenizerChoice.parse(config.options().tokenizer).file();
    if (file == null || Files.exists(file) || folder.latest().isEmpty()) {
      return config;
    }
    Path own = LanguageModel.tokenizerOf(folder.path()).toAbsolutePath();
    return config.with(Map.of("tokenizer", own.toString()));
  }

  /** The folder is written only when everything else is known to be usable. */
  private TrainingRun open(RunWatcher watcher) throws IOException {
    RunConfig own = configuration();
    own.engine().load(ranks.threads(own));
    Bfloat16Speed.warn(own.backend(), own.options().precision, spec.commandLine().getErr());
    TaskData data = Tasks.of(own).load(own, watcher::onMessage);
    watcher.onMessage("Training on " + data.origin());
    RunConfig settled = TrainingRun.settled(own, data);
    watcher.serve(out);
    RunWriter writer = resume ? RunWriter.resume(out) : RunWriter.create(out);
    try {
      TrainingRun run = TrainingRun.open(settled, writer, data, watcher, ranks.link());
      watcher.follow(run, writer);
      return run;
    } catch (IOException e) {
      writer.close();
      throw e;
    }
  }
}
