package dev.pullback.train.cli;

import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.train.ExitStatus;
import dev.pullback.train.InputException;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.loop.Bfloat16Speed;
import dev.pullback.train.model.Precision;
import dev.pullback.train.report.Report;
import dev.pullback.train.study.Experiments;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback paper}. */
@Command(
    name = "paper",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs the experiments of arXiv 2509.03594 and those it leaves open. What --out holds"
            + " already is not run again.")
final class PaperCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "TASK",
      description = "${bundle:experiments}; all stands for the paper's own, lowdim to cifar10.")
  private String task;

  @Option(
      names = "--optimizers",
      split = ",",
      paramLabel = "NAME",
      description = "Only these, separated by commas. Default: those of the paper and lion.")
  private List<String> optimizers = List.of();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Seeds of each setting. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs of each trial. Default: the paper's.")
  private int epochs;

  @Option(
      names = "--search",
      paramLabel = "N",
      description =
          "Instead of the paper's hyperparameters: N quasi-random trials per optimiser over the"
              + " paper's spaces, then the best again on fresh seeds.")
  private int search;

  @Option(
      names = "--on",
      split = ",",
      paramLabel = "DATA",
      description =
          "Ablations: regression, mnist, shakespeare, cifar10, separated by commas. Default: mnist;"
              + " transfer: shakespeare,cifar10.")
  private List<String> subjects = List.of();

  @Option(
      names = "--xi",
      split = ",",
      paramLabel = "XI",
      description =
          "Ablations but transfer: values of xi. Default: decades from 1e-4 to 10; ablate-clip,"
              + " ablate-embedding: the published one.")
  private List<Double> xi = List.of();

  @Option(
      names = "--rates",
      split = ",",
      paramLabel = "FACTOR",
      description =
          "ablate-xi: also xi = 0 with its learning rate times these, for what a lower rate alone"
              + " does.")
  private List<Double> rates = List.of();

  @Option(
      names = "--warmup",
      split = ",",
      paramLabel = "STEPS",
      description = "ablate-xi: also xi = 0 with a linear warm-up of the learning rate.")
  private List<Integer> warmup = List.of();

  @Option(
      names = "--clip",
      split = ",",
      paramLabel = "NORM",
      defaultValue = "0.1,0.3,1,3",
      description = "ablate-clip: global norms to clip at. Default: ${DEFAULT-VALUE}.")
  private List<Double> clip;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs/paper",
      description = "Folder of the results. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of data sets. Default: $PULLBACK_DATA, else ~/.pullback.")
  private Path dataDir;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "PyTorch",
      description = "PyTorch (default) or MXNet.")
  private TrainingEngine engine;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      converter = DeviceChoice.Converter.class,
      description = "cpu, gpu, gpu:N, or auto (default): the first GPU if the engine sees one.")
  private DeviceChoice device;

  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, portable or native.")
  private Kernels kernels;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "float32",
      description = "float32 or mixed, for shakespeare and cifar10.")
  private Precision precision;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads; 0 for one per core.")
  private int threads;

  @Override
  public Integer call() throws IOException {
    check();
    engine.check(kernels, precision);
    engine.load(threads);
    Bfloat16Speed.warn(device.on(engine), precision, spec.commandLine().getErr());
    PrintWriter terminal = spec.commandLine().getOut();
    try (StopSignal stop = new StopSignal()) {
      Experiments experiments =
          new Experiments(
              out,
              new Experiments.Settings(
                  optimizers,
                  seeds,
                  search,
                  new Experiments.Ablation(subjects, xi, rates, warmup, clip),
                  common(),
                  command()),
              stop::requested,
              lines(terminal));
      // While the virtual machine shuts down no pictures can be written.
      boolean complete = experiments.run(task) && !stop.requested();
      terminal.println(
          complete
              ? "Report: " + Report.write(out)
              : "Stopped. The same command goes on from here.");
      terminal.flush();
      return complete ? 0 : ExitStatus.INTERRUPTED;
    }
  }

  /** What all trials share. */
  private RunOptions common() {
    RunOptions common = RunOptions.onEngine(engine, device, precision);
    common.kernels = kernels;
    common.threads = threads;
    common.dataDir = dataDir;
    common.epochs = epochs == 0 ? null : (Integer) epochs;
    return common;
  }

  private void check() {
    InputException.atLeast("--seeds", seeds, 1);
    InputException.atLeast("--epochs", epochs, 0);
    InputException.atLeast("--search", search, 0);
    InputException.atLeast("--threads", threads, 0);
    for (double value : xi) {
      if (!(value >= 0) || Double.isInfinite(value)) {
        throw new InputException("--xi must be at least 0 and finite, but is " + value);
      }
    }
    positive("--rates", rates);
    positive("--clip", clip);
    warmup.forEach(steps -> InputException.atLeast("--warmup", steps, 1));
    for (String name : optimizers) {
      try {
        Optimizers.byName(name);
      } catch (IllegalArgumentException e) {
        throw new InputException(e.getMessage(), e);
      }
    }
  }

  private static void positive(String name, List<Double> values) {
    for (double value : values) {
      if (!(value > 0) || Double.isInfinite(value)) {
        throw new InputException(name + " must be positive and finite, but is " + value);
      }
    }
  }

  private String command() {
    return "./pullback "
        + String.join(" ", spec.commandLine().getParent().getParseResult().originalArgs());
  }

  private static Consumer<String> lines(PrintWriter terminal) {
    return line -> {
      terminal.println(line);
      terminal.flush();
    };
  }
}
