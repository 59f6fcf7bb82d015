package dev.pullback.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same workloads in PyTorch, each in a process of its own.
 *
 * @param python a Python that has PyTorch
 */
record Peers(Path python) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> ALLOCATOR =
      List.of("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES");

  Map<String, Spread> optimizerSteps() throws IOException, InterruptedException {
    Map<String, Spread> steps = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : run(false, "optimizer_step.py").properties()) {
      double median = entry.getValue().asDouble();
      steps.put(entry.getKey(), new Spread(median, median, median));
    }
    return steps;
  }

  /** Milliseconds of a step, with PyTorch's plain environment or with the launcher's. */
  Spread gptStep(GptStepBench.Size size, String mode, boolean tuned)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("gpt_step.py", "--mode", mode));
    arguments.addAll(size.arguments());
    return step(tuned, arguments);
  }

  /**
   * Milliseconds of a step, with PyTorch's plain environment and layout, or with the launcher's
   * environment and channels last.
   */
  Spread resNetStep(int batch, String mode, boolean tuned)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("resnet_step.py", "--mode", mode, "--steps", "8"));
    arguments.addAll(List.of("--batch", Integer.toString(batch)));
    if (tuned) {
      arguments.add("--channels-last");
    }
    return step(tuned, arguments);
  }

  private Spread step(boolean tuned, List<String> arguments)
      throws IOException, InterruptedException {
    JsonNode result = run(tuned, arguments.toArray(String[]::new));
    return new Spread(
        result.get("ms").asDouble(), result.get("min").asDouble(), result.get("max").asDouble());
  }

  private JsonNode run(boolean tuned, String... arguments)
      throws IOException, InterruptedException {
    System.err.printf("%s%s ...%n", Arrays.toString(arguments), tuned ? ", tuned allocator" : "");
    Path folder = Path.of(System.getProperty("pullback.home", "."), "bench", "peers");
    List<String> command = new ArrayList<>(List.of(python.toString()));
    command.add(folder.resolve(arguments[0]).toString());
    command.addAll(List.of(arguments).subList(1, arguments.length));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    if (!tuned) {
      builder.environment().keySet().removeAll(ALLOCATOR);
    }
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed");
    }
    return JSON.readTree(output);
  }
}
