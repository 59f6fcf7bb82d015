package dev.pullback.train.loop;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.TinyWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Runs of the tiny problem, and what they leave. */
final class TinyRuns {

  private TinyRuns() {}

  /** Returns a configuration with keys and values in turn over what the problem needs. */
  static RunConfig config(String... keysAndValues) {
    Map<String, String> changes = new LinkedHashMap<>();
    changes.put("kernels", "portable");
    changes.put("batch", "8");
    changes.put("lr", "0.01");
    changes.put("save-interval", "0");
    changes.put("seed", "5");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      changes.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    RunOptions options = new RunOptions();
    options.preset = "paper-regression";
    options.optimizer = changes.getOrDefault("optimizer", "adam");
    return RunConfig.resolve(null, options).with(changes);
  }

  /** Starts a run or goes on with it, until it is complete or stopped. */
  static boolean train(Path folder, RunConfig config, BooleanSupplier stop) throws IOException {
    try (TrainingRun run = open(folder, config, TinyWorkload.DATA)) {
      return run.train(stop);
    }
  }

  static TrainingRun open(Path folder, RunConfig config, TaskData data) throws IOException {
    return TrainingRun.open(config, RunWriter.tryLock(folder).orElseThrow(), data, new Silent());
  }

  /** Returns the lines of a file of JSON objects, without how long things took. */
  static List<ObjectNode> lines(Path file) throws IOException {
    List<ObjectNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      ObjectNode object = (ObjectNode) new ObjectMapper().readTree(line);
      object.remove("seconds");
      lines.add(object);
    }
    return lines;
  }

  static List<ObjectNode> metrics(Path folder) throws IOException {
    return lines(new RunFolder(folder).metrics());
  }

  /** Returns the steps that were evaluated. */
  static List<Long> evaluated(Path folder) throws IOException {
    return metrics(folder).stream()
        .filter(line -> line.path("split").asText().equals("validation"))
        .map(line -> line.path("step").asLong())
        .toList();
  }

  /** Returns the steps that have a checkpoint. */
  static List<Long> saved(Path folder) {
    return new RunFolder(folder).checkpoints().stream().map(Checkpoint::step).distinct().toList();
  }

  /** Returns the bits of weights and optimiser state of the latest checkpoint. */
  static List<byte[]> state(Path folder) throws IOException {
    Checkpoint latest = new RunFolder(folder).latest().orElseThrow();
    return List.of(
        Files.readAllBytes(latest.file("model.safetensors")),
        Files.readAllBytes(latest.file("optimizer.safetensors")));
  }

  /** Returns the bytes of every file below a folder, by its path. */
  static Map<String, String> bytes(Path folder) throws IOException {
    Map<String, String> bytes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = HexFormat.of().formatHex(Files.readAllBytes(file));
        bytes.put(folder.relativize(file).toString(), content);
      }
    }
    return bytes;
  }
}
