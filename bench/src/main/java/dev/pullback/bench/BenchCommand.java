package dev.pullback.bench;

import dev.pullback.bench.GptStepBench.Size;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
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
    description = "Runs a short version of all benchmarks; wants an otherwise idle machine.")
final class BenchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--peers",
      paramLabel = "PYTHON",
      description = "A Python with PyTorch: runs the twins of bench/peers too.")
  private Path python;

  @Option(
      names = "--only",
      paramLabel = "WHAT",
      split = ",",
      defaultValue = "optimizer,gpt,sample,resnet",
      description = "optimizer, gpt, sample, resnet (default: all).")
  private List<String> only;

  private BenchCommand() {}

  /**
   * Runs the command line.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    // The twins in Python take numbers as arguments.
    Locale.setDefault(Locale.ROOT);
    System.exit(new CommandLine(new BenchCommand()).execute(args));
  }

  @Override
  public Integer call() throws RunnerException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Peers peers = python == null ? null : new Peers(python);
    if (only.contains("optimizer")) {
      optimizers(peers).print(out);
    }
    if (only.contains("gpt")) {
      for (Size size : Size.values()) {
        gpt(size, peers).print(out);
      }
    }
    if (only.contains("sample")) {
      samples().print(out);
    }
    if (only.contains("resnet")) {
      resNet(peers).print(out);
    }
    return 0;
  }

  private static Table optimizers(Peers peers)
      throws RunnerException, IOException, InterruptedException {
    Table table =
        new Table("Optimiser step, 20 million float32 parameters in 50 tensors", "ms", false);
    for (String optimizer :
        List.of("libtorch-copy", "libtorch-adamw", "djl-adamw", "adamw", "sgd_metric", "sgd_rms")) {
      table.add(
          optimizer,
          ShortRun.milliseconds(OptimizerStepBench.class, 1, 5, Map.of("optimizer", optimizer)));
    }
    table.add(
        "sgd_rms under DJL's Trainer",
        ShortRun.milliseconds(
            OptimizerStepBench.class, 1, 5, Map.of("optimizer", "sgd_rms", "driver", "TRAINER")));
    if (peers != null) {
      peers.optimizerSteps().forEach((name, time) -> table.add("PyTorch " + name, time));
    }
    return table.comparedWith("libtorch-adamw", "djl-adamw", "PyTorch sgd_rms eager");
  }

  private static Table gpt(Size size, Peers peers)
      throws RunnerException, IOException, InterruptedException {
    Table table = new Table("Training step, " + size.description(), "tokens/s", true);
    for (String path : List.of("PORTABLE", "NATIVE", "MIXED")) {
      Spread time =
          ShortRun.milliseconds(
              GptStepBench.class, 3, 5, Map.of("path", path, "size", size.name()));
      table.add(path.toLowerCase(Locale.ROOT), time.rate(size.tokens()));
    }
    if (peers != null) {
      for (boolean tuned : new boolean[] {false, true}) {
        for (String mode : List.of("fp32", "bf16")) {
          table.add(
              "PyTorch %s, %s".formatted(mode, tuned ? "tuned allocator" : "as shipped"),
              peers.gptStep(size, mode, tuned).rate(size.tokens()));
        }
      }
    }
    return table.comparedWith(
        "portable",
        "PyTorch fp32, as shipped",
        "PyTorch fp32, tuned allocator",
        "PyTorch bf16, as shipped",
        "PyTorch bf16, tuned allocator");
  }

  private static Table samples() throws RunnerException {
    Table table = new Table("Sampling 256 tokens, 6 layers, width 384, context 256", "ms", false);
    for (String way : List.of("portable", "native-anew", "native")) {
      table.add(way, ShortRun.milliseconds(SampleBench.class, 1, 3, Map.of("way", way)));
    }
    return table.comparedWith("portable", "native-anew");
  }

  private static Table resNet(Peers peers)
      throws RunnerException, IOException, InterruptedException {
    int batch = ResNetStepBench.BATCH;
    Table table =
        new Table("Training step, ResNet-18 on 32 by 32, batch " + batch, "images/s", true);
    for (String path : List.of("PORTABLE", "NATIVE", "MIXED")) {
      Spread time = ShortRun.milliseconds(ResNetStepBench.class, 1, 5, Map.of("path", path));
      table.add(path.toLowerCase(Locale.ROOT), time.rate(batch));
    }
    if (peers != null) {
      for (boolean tuned : new boolean[] {false, true}) {
        for (String mode : List.of("fp32", "bf16")) {
          table.add(
              "PyTorch %s, %s"
                  .formatted(mode, tuned ? "tuned allocator, channels last" : "as shipped"),
              peers.resNetStep(batch, mode, tuned).rate(batch));
        }
      }
    }
    return table.comparedWith(
        "portable", "PyTorch fp32, as shipped", "PyTorch bf16, tuned allocator, channels last");
  }
}
