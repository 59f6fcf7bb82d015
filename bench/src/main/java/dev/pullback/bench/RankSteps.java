package dev.pullback.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.store.RunFolder;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Steps of the 6-layer model on two workers with one thread each, in turn with one process of two
 * threads and one of one thread; and what clusters would give.
 */
final class RankSteps implements AutoCloseable {

  private static final String MAIN = "dev.pullback.train.cli.Main";
  private static final int BATCH = 8;
  private static final int ROUNDS = 2;
  private static final int STEPS = 12;

  /** While everything is new. */
  private static final int LEFT_OUT = 2;

  private static final int BUCKET_BYTES = 4 << 20;
  private static final int[] RANKS = {1, 2, 4, 8, 16, 32, 64};

  private final Path folder;

  RankSteps() throws IOException {
    folder = Files.createTempDirectory("pullback-ranks");
  }

  /** Measures and simulates, and prints both. */
  void print(PrintWriter out) throws IOException, InterruptedException {
    Path text = Files.writeString(folder.resolve("text"), text());
    List<JsonNode> whole = new ArrayList<>();
    List<JsonNode> ranks = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      whole.addAll(train(text, "one-" + round, "--threads=2"));
      ranks.addAll(train(text, "two-" + round, "--threads=2", "--workers=2"));
    }
    Table table = new Table("A step of " + BATCH + " windows, 6 layers, width 384", "ms", false);
    table.add("1 process, 2 threads", sorted(milliseconds(whole, RankSteps::step)));
    table.add("2 workers, 1 thread each", sorted(milliseconds(ranks, RankSteps::step)));
    table.add("  computing", sorted(milliseconds(ranks, RankSteps::computing)));
    table.add("  waiting", sorted(milliseconds(ranks, line -> part(line, "wait"))));
    table.add("  sums", sorted(milliseconds(ranks, line -> part(line, "sum"))));
    table.comparedWith("1 process, 2 threads").print(out);
    Checkpoint newest = RunFolder.open(folder.resolve("two-0")).latest().orElseThrow();
    long bytes = Files.size(newest.file("model.safetensors"));
    RankSimulation simulation =
        new RankSimulation(
            ranks.stream().mapToDouble(RankSteps::computing).toArray(),
            ranks.stream().mapToDouble(line -> part(line, "sum")).average().orElseThrow(),
            bytes,
            Math.toIntExact((bytes - 1) / BUCKET_BYTES + 1));
    print(simulation, out);
  }

  private static void print(RankSimulation simulation, PrintWriter out) {
    out.printf(
        "%n### Simulated clusters%n%nFrom the parts above, %.1f MB of gradients, 0.1 ms latency;"
            + " machines as fast as one thread here. Efficiency: windows a second over those of as"
            + " many single machines.%n%n",
        simulation.bytes() / 1e6);
    out.println(
        "| ranks | 1 Gbit/s, "
            + BATCH / 2
            + " windows each: ms | efficiency | 10 Gbit/s: ms | efficiency | 1 Gbit/s, "
            + BATCH * 8
            + " windows in all: speed-up | 10 Gbit/s: speed-up |");
    out.println("|---|---|---|---|---|---|---|");
    double alone = simulation.step(1, 1e9, 1).seconds();
    for (int ranks : RANKS) {
      RankSimulation.Step slow = simulation.step(ranks, 1e9, 1);
      RankSimulation.Step fast = simulation.step(ranks, 1e10, 1);
      double work = 16.0 / ranks; // of what one of two workers computes here
      double one = 16 * alone;
      out.printf(
          "| %d | %.0f | %.2f | %.0f | %.2f | %.1f | %.1f |%n",
          ranks,
          slow.seconds() * 1e3,
          alone / slow.seconds(),
          fast.seconds() * 1e3,
          alone / fast.seconds(),
          one / simulation.step(ranks, 1e9, work).seconds(),
          one / simulation.step(ranks, 1e10, work).seconds());
    }
    out.flush();
  }

  private static double part(JsonNode line, String name) {
    return line.path(name + "Seconds").asDouble();
  }

  private static double step(JsonNode line) {
    return part(line, "step");
  }

  private static double computing(JsonNode line) {
    return step(line) - part(line, "wait") - part(line, "sum");
  }

  private static double[] milliseconds(List<JsonNode> lines, ToDoubleFunction<JsonNode> seconds) {
    return lines.stream().mapToDouble(line -> seconds.applyAsDouble(line) * 1e3).toArray();
  }

  private static Spread sorted(double... times) {
    Arrays.sort(times);
    return Spread.ofSorted(times);
  }

  private static String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      text.append("line ").append(i * 7919 % 1000).append(" and nothing more\n");
    }
    return text.toString();
  }

  /** Trains in a process of its own; returns a line for each step but the first. */
  private List<JsonNode> train(Path text, String name, String... more)
      throws IOException, InterruptedException {
    String jar = System.getProperty("java.class.path");
    // With a jar alone, workers would be started by its main class, which is another.
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                jar + File.pathSeparator + jar,
                MAIN,
                "train",
                "--data=" + text,
                "--out=" + folder.resolve(name)));
    command.addAll(
        List.of("--layers=6", "--heads=6", "--width=384", "--context=256", "--batch=" + BATCH));
    command.addAll(List.of("--dropout=0", "--warmup-steps=2", "--log-interval=1"));
    command.addAll(List.of("--max-steps=" + STEPS, "--eval-iters=1", "--save-interval=0"));
    command.addAll(List.of(more));
    Path log = folder.resolve(name + ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      throw new InputException("training failed: " + Files.readString(log).strip());
    }
    return steps(folder.resolve(name).resolve("metrics.jsonl"));
  }

  private static List<JsonNode> steps(Path metrics) {
    List<JsonNode> steps = new ArrayList<>();
    double[] before = {0};
    MetricsFile.lines(
        metrics,
        "train",
        step -> {
          double seconds = step.path("seconds").asDouble();
          if (!step.has("stepSeconds")) {
            step.put("stepSeconds", seconds - before[0]); // of one process
          }
          before[0] = seconds;
          if (step.path("step").asInt() > LEFT_OUT) {
            steps.add(step);
          }
        });
    return steps;
  }

  @Override
  public void close() throws IOException {
    AtomicFiles.delete(folder);
  }
}
