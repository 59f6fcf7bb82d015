package dev.pullback.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The same workloads in PyTorch, each in a process of its own, on the CPU.
 *
 * @param python a Python that has PyTorch
 */
record Peers(Path python) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> ALLOCATOR =
      List.of("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES");

  /** What a twin measures for; a few steps at least, where they take longer. */
  private static final String SECONDS = "10";

  /** When a twin whose few steps take longer is given up. */
  private static final int MOST_SECONDS = 90;

  /**
   * Makes sure that there is a PyTorch.
   *
   * @throws InputException if there is none
   */
  void check() throws IOException, InterruptedException {
    List<String> command = List.of(python.toString(), "-c", "import torch");
    int status;
    try {
      status =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
    } catch (IOException e) {
      throw new InputException("--peers: %s cannot be run".formatted(python), e);
    }
    if (status != 0) {
      throw new InputException("--peers: %s has no PyTorch".formatted(python));
    }
  }

  /** Returns the time of a matrix product in bfloat16 over that in float32. */
  Optional<Double> bfloat16Slowdown() throws IOException, InterruptedException {
    return run(false, List.of("bfloat16.py")).map(result -> result.get("slowdown").asDouble());
  }

  /**
   * Milliseconds of a step by optimiser, on 20 million parameters, with PyTorch's plain environment
   * or with the launcher's; none if it took too long.
   */
  Map<String, Spread> optimizerSteps(boolean tuned) throws IOException, InterruptedException {
    Map<String, Spread> steps = new LinkedHashMap<>();
    run(tuned, List.of("optimizer_step.py"))
        .ifPresent(r -> r.properties().forEach(e -> steps.put(e.getKey(), spread(e.getValue()))));
    return steps;
  }

  /** Milliseconds of a step, with PyTorch's plain environment or with the launcher's. */
  Optional<Spread> gptStep(GptStepBench.Size size, String mode, boolean tuned)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of(size.isLlama() ? "llama_step.py" : "gpt_step.py", "--mode", mode));
    arguments.addAll(size.arguments());
    return step(tuned, arguments);
  }

  /**
   * Milliseconds of a step, with PyTorch's plain environment and layout, or with the launcher's
   * environment and channels last.
   */
  Optional<Spread> resNetStep(int batch, String mode, boolean tuned)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("resnet_step.py", "--mode", mode, "--steps", "8"));
    arguments.addAll(List.of("--batch", Integer.toString(batch)));
    if (tuned) {
      arguments.add("--channels-last");
    }
    return step(tuned, arguments);
  }

  private Optional<Spread> step(boolean tuned, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> bounded = new ArrayList<>(arguments);
    bounded.addAll(List.of("--seconds", SECONDS));
    return run(tuned, bounded).map(Peers::spread);
  }

  /** Names the environment. */
  static String environment(boolean tuned) {
    return tuned ? "tuned allocator" : "as shipped";
  }

  private static Spread spread(JsonNode result) {
    return new Spread(
        result.get("ms").asDouble(), result.get("low").asDouble(), result.get("high").asDouble());
  }

  /** Returns what a twin says; nothing, with a line of reason, if it fails or takes too long. */
  private Optional<JsonNode> run(boolean tuned, List<String> arguments)
      throws IOException, InterruptedException {
    String named = arguments + (tuned ? ", tuned allocator" : "");
    System.err.println(named + " ...");
    Path folder = Path.of(System.getProperty("pullback.home", "."), "bench", "peers");
    List<String> command = new ArrayList<>(List.of(python.toString()));
    command.add(folder.resolve(arguments.get(0)).toString());
    command.addAll(arguments.subList(1, arguments.size()));
    File output = File.createTempFile("peer", ".json");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(output);
    if (!tuned) {
      builder.environment().keySet().removeAll(ALLOCATOR);
    }
    try {
      Process process = builder.start();
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        System.err.printf("%s is left out: not done after %d s%n", named, MOST_SECONDS);
        return Optional.empty();
      }
      if (process.exitValue() != 0) {
        System.err.printf("%s is left out: it failed%n", named);
        return Optional.empty();
      }
      return Optional.of(JSON.readTree(output));
    } finally {
      Files.delete(output.toPath());
    }
  }
}
