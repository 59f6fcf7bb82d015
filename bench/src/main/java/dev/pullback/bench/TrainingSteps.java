package dev.pullback.bench;

import dev.pullback.bench.GptStepBench.Size;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.loop.Bfloat16Speed;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Training steps of models, ours and PyTorch's.
 *
 * @param device where
 * @param paths those of ours that this machine computes at speed
 * @param peers PyTorch's twins, or null
 * @param modes those of PyTorch's that this machine computes at speed
 */
record TrainingSteps(DeviceChoice device, List<String> paths, Peers peers, List<String> modes) {

  private static final String MIXED = "MIXED";
  private static final String BFLOAT16 = "bf16";

  /**
   * Leaves out bfloat16 where its matrix product is slower than that of float32, and says so.
   * Without the instructions for it a single step can take minutes.
   */
  static TrainingSteps able(Backend backend, DeviceChoice device, Peers peers, PrintWriter out)
      throws IOException, InterruptedException {
    Optional<Double> ours = Optional.of(Bfloat16Speed.slowdown(backend));
    Optional<Double> theirs = peers == null ? Optional.empty() : peers.bfloat16Slowdown();
    boolean mixed = pays("mixed", ours, out);
    boolean half = peers != null && pays("PyTorch " + BFLOAT16, theirs, out);
    return new TrainingSteps(
        device,
        mixed ? List.of("PORTABLE", "NATIVE", MIXED) : List.of("PORTABLE", "NATIVE"),
        peers,
        half ? List.of("fp32", BFLOAT16) : List.of("fp32"));
  }

  /** Says so if rows are left out. */
  static boolean pays(String rows, Optional<Double> slowdown, PrintWriter out) {
    if (slowdown.isPresent() && slowdown.get() <= 1) {
      return true;
    }
    out.printf(
        "%nLeft out: rows '%s'; a bfloat16 matrix product of 512 by 512 takes %s.%n",
        rows,
        slowdown
            .map(times -> "%.1f times as long as a float32 one on this machine".formatted(times))
            .orElse("too long to be measured"));
    out.flush();
    return false;
  }

  Table gpt(Size size) throws RunnerException, IOException, InterruptedException {
    Table table = new Table("Training step, " + size.description(), "tokens/s", true);
    for (String path : paths) {
      Map<String, String> parameters =
          Map.of("path", path, "size", size.name(), "device", device.toString());
      Spread time = ShortRun.milliseconds(GptStepBench.class, 3, 4, parameters);
      table.add(path.toLowerCase(Locale.ROOT), time.rate(size.tokens()));
    }
    if (peers != null) {
      for (boolean tuned : new boolean[] {false, true}) {
        for (String mode : modes) {
          String name = "PyTorch %s, %s".formatted(mode, Peers.environment(tuned));
          peers
              .gptStep(size, mode, tuned)
              .ifPresent(time -> table.add(name, time.rate(size.tokens())));
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

  Table resNet() throws RunnerException, IOException, InterruptedException {
    int batch = ResNetStepBench.BATCH;
    Table table =
        new Table("Training step, ResNet-18 on 32 by 32, batch " + batch, "images/s", true);
    for (String path : paths) {
      Map<String, String> parameters = Map.of("path", path, "device", device.toString());
      Spread time = ShortRun.milliseconds(ResNetStepBench.class, 1, 4, parameters);
      table.add(path.toLowerCase(Locale.ROOT), time.rate(batch));
    }
    if (peers != null) {
      for (boolean tuned : new boolean[] {false, true}) {
        for (String mode : modes) {
          String name =
              "PyTorch %s, %s%s"
                  .formatted(mode, Peers.environment(tuned), tuned ? ", channels last" : "");
          peers.resNetStep(batch, mode, tuned).ifPresent(time -> table.add(name, time.rate(batch)));
        }
      }
    }
    return table.comparedWith(
        "portable",
        "PyTorch fp32, as shipped",
        "PyTorch fp32, tuned allocator, channels last",
        "PyTorch bf16, as shipped",
        "PyTorch bf16, tuned allocator, channels last");
  }
}
