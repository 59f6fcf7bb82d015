package dev.pullback.bench;

import ai.djl.engine.Engine;
import dev.pullback.bench.GptStepBench.Size;
import dev.pullback.bench.defaults.Contender;
import dev.pullback.bench.defaults.DefaultsThatTrain;
import dev.pullback.train.InputException;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback bench}: a short version of all benchmarks, and ratios. */
@Command(
    name = "pullback bench",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a short version of all benchmarks, some ten minutes on two cores; wants an otherwise"
          + " idle machine.",
      "'--only growth' measures the optimisers' cost per parameter from 1 to 124 million.",
      "'--only steps' prints the first steps of '--optimizers', 20 million parameters, one by one.",
      "'--only ranks' measures two workers beside one process, and simulates up to 64.",
      "'--only defaults' trains six programs with DJL's Adam and with '--trained', nothing tuned."
    })
final class BenchCommand implements Callable<Integer> {

  private static final List<String> PARTS =
      List.of(
          "machine",
          "gpt",
          "llama",
          "sample",
          "resnet",
          "optimizer",
          "growth",
          "steps",
          "defaults",
          "ranks");

  /** What ours are compared with. */
  private static final String FUSED = "libtorch-adamw";

  @Spec private CommandSpec spec;

  @Option(
      names = "--peers",
      paramLabel = "PYTHON",
      description = "A Python with PyTorch: runs the twins of bench/peers too, on the CPU.")
  private Path python;

  @Option(
      names = "--only",
      paramLabel = "WHAT",
      split = ",",
      defaultValue = "gpt,sample,resnet,optimizer",
      description =
          "gpt, llama, sample, resnet, optimizer, growth, steps, defaults, ranks, separated by commas"
              + " (default: gpt, sample, resnet, optimizer); machine measures nothing and says what there is.")
  private List<String> only;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = DeviceChoice.Converter.class,
      description = "cpu, gpu, gpu:N, or auto (default): the first GPU if PyTorch sees one.")
  private DeviceChoice device;

  @Option(
      names = "--optimizers",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "adamw,sgd_metric,sgd_rms",
      description =
          "Optimisers of 'optimizer', 'growth' and 'steps', the first two beside libtorch's fused"
              + " AdamW; trainer:NAME is driven by DJL's trainer (default: ${DEFAULT-VALUE}).")
  private List<String> optimizers;

  @Option(
      names = "--millions",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,4,20,124",
      description = "Millions of parameters of 'growth' (default: ${DEFAULT-VALUE}).")
  private List<Integer> millions;

  @Option(
      names = "--trained",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "sgd_rms_relative",
      description =
          "Optimisers of 'defaults' beside DJL's Adam; NAME:lr=2e-3:kappa=1 changes their defaults"
              + " (default: ${DEFAULT-VALUE}).")
  private List<String> trained;

  @Option(
      names = "--programs",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "mlp,lstm,resnet,encoder,gpt,regression",
      description = "Programs of 'defaults' (default: ${DEFAULT-VALUE}).")
  private List<String> programs;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Seeds of 'defaults' (default: ${DEFAULT-VALUE}).")
  private int seeds;

  private BenchCommand() {}

  /**
   * Runs the command line.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    // The twins in Python take numbers as arguments.
    Locale.setDefault(Locale.ROOT);
    System.exit(commandLine().execute(args));
  }

  /** A mistake of the person is one line. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new BenchCommand());
    commandLine.setExecutionExceptionHandler(
        (failure, command, result) -> {
          if (failure instanceof InputException) {
            command.getErr().println("pullback: " + failure.getMessage());
            return CommandLine.ExitCode.USAGE;
          }
          throw failure;
        });
    return commandLine;
  }

  @Override
  public Integer call() throws RunnerException, IOException, InterruptedException {
    long begin = System.nanoTime();
    TrainingEngine.PYTORCH.load(0);
    Backend backend = device.on(TrainingEngine.PYTORCH);
    check(backend);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%s; %s %s; Java %s%n",
        Processor.description(),
        backend,
        Engine.getEngine(backend.engine().toString()).getVersion(),
        Runtime.version());
    Peers peers = python == null ? null : new Peers(python);
    if (only.stream().anyMatch(List.of("gpt", "llama", "resnet")::contains)) {
      TrainingSteps steps = TrainingSteps.able(backend, device, peers, out);
      for (Size size : Size.values()) {
        if (only.contains(size.isLlama() ? "llama" : "gpt")) {
          steps.gpt(size).print(out);
        }
      }
      if (only.contains("resnet")) {
        steps.resNet().print(out);
      }
    }
    if (only.contains("sample")) {
      samples().print(out);
    }
    // In this process, whose memory then stays large.
    if (only.contains("optimizer")) {
      optimizers(backend, peers).print(out);
    }
    if (only.contains("growth")) {
      new Growth(new OptimizersInTurn(backend, named(FUSED)), FUSED).print(chosen(), out);
    }
    if (only.contains("steps")) {
      optimizers.forEach(name -> FirstSteps.print(name, backend, Tensors.MATRICES_20M, out));
    }
    if (only.contains("ranks")) {
      try (RankSteps ranks = new RankSteps()) {
        ranks.print(out);
      }
    }
    if (only.contains("defaults")) {
      new DefaultsThatTrain(backend, contenders(), seeds).print(programs, out);
    }
    Duration time = Duration.ofNanos(System.nanoTime() - begin);
    out.printf("%nAll in %d min %d s%n", time.toMinutes(), time.toSecondsPart());
    out.flush();
    return 0;
  }

  private void check(Backend backend) throws IOException, InterruptedException {
    for (String part : only) {
      if (!PARTS.contains(part)) {
        throw new InputException(
            "--only: there is no '%s'; there are %s".formatted(part, String.join(", ", PARTS)));
      }
    }
    chosen();
    for (String name : optimizers) {
      try {
        StepUnderTest.requireKnown(name);
      } catch (IllegalArgumentException e) {
        throw new InputException("--optimizers: " + e.getMessage(), e);
      }
    }
    contenders();
    for (String program : programs) {
      if (!DefaultsThatTrain.names().contains(program)) {
        throw new InputException(
            "--programs: there is no '%s'; there are %s"
                .formatted(program, String.join(", ", DefaultsThatTrain.names())));
      }
    }
    InputException.atLeast("--seeds", seeds, 1);
    if (python != null && backend.device().isGpu()) {
      throw new InputException(
          "--peers computes on the CPU, the rest on %s; add --device cpu".formatted(backend));
    }
    if (python != null) {
      new Peers(python).check();
    }
  }

  /** The optimisers that {@code --trained} names. */
  private List<Contender> contenders() {
    try {
      return trained.stream().map(Contender::of).toList();
    } catch (IllegalArgumentException e) {
      throw new InputException("--trained: " + e.getMessage(), e);
    }
  }

  /** The sets of parameters that {@code --millions} names. */
  private List<Tensors> chosen() {
    return millions.stream().map(BenchCommand::tensors).toList();
  }

  private static Tensors tensors(int millions) {
    return Stream.of(Tensors.values())
        .filter(t -> t.millions() == millions)
        .findFirst()
        .orElseThrow(
            () -> new InputException("--millions: there are 1, 4, 20 and 124, not " + millions));
  }

  /** The chosen optimisers after others. */
  private List<String> named(String... others) {
    return Stream.concat(Stream.of(others), optimizers.stream()).distinct().toList();
  }

  private Table optimizers(Backend backend, Peers peers) throws IOException, InterruptedException {
    Tensors tensors = Tensors.MATRICES_20M;
    Table table = new Table("Optimiser step, " + tensors.description(), "ms", false);
    List<String> names = named("libtorch-copy", FUSED, "djl-adamw");
    new OptimizersInTurn(backend, names)
        .measure(tensors)
        .forEach(
            (name, result) -> {
              table.add(name, result.spread());
              table.note(name, "mean", result.mean());
            });
    if (peers != null) {
      for (boolean tuned : new boolean[] {false, true}) {
        peers
            .optimizerSteps(tuned)
            .forEach(
                (name, time) ->
                    table.add("PyTorch %s, %s".formatted(name, Peers.environment(tuned)), time));
      }
    }
    return table.comparedWith(
        FUSED,
        "djl-adamw",
        "PyTorch sgd_rms eager, as shipped",
        "PyTorch sgd_rms eager, tuned allocator");
  }

  private Table samples() throws RunnerException {
    Table table = new Table("Sampling 256 tokens, 6 layers, width 384, context 256", "ms", false);
    for (String way : List.of("portable", "native-anew", "native")) {
      // Those that compute the whole sequence for each token take ten seconds.
      int iterations = way.equals("native") ? 3 : 1;
      table.add(
          way,
          ShortRun.milliseconds(
              SampleBench.class, 1, iterations, Map.of("way", way, "device", device.toString())));
    }
    return table.comparedWith("portable", "native-anew");
  }
}
