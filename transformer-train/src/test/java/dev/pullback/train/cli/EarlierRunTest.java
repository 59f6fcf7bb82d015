package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of version 0.1 give the numbers that version 0.1 gave; the resource tells how. */
class EarlierRunTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"muon", "sgd_rms"})
  void isSampledPlottedAndContinued(String optimizer) throws IOException, URISyntaxException {
    Path resource = Path.of(EarlierRunTest.class.getResource("/earlier-runs/" + optimizer).toURI());
    Path run = folder.resolve("run");
    copy(resource.resolve("run"), run);
    Map<String, Integer> before = InProcess.content(run);
    // A context; beyond it, version 0.1 computed a whole context anew for each token. Its seeds
    // gave other draws.
    String sampled =
        InProcess.run(
            "sample --run "
                + run
                + " --prompt To --tokens 14 --temperature 0 --repetition-penalty 50");
    assertEquals(Files.readString(resource.resolve("sample.txt")), sampled);
    InProcess.run("plot --out %s %s".formatted(folder.resolve("loss.png"), run));
    assertEquals(before, InProcess.content(run), "readers change nothing");

    InProcess.run("train --resume --max-steps 30 --out " + run);
    List<JsonNode> expected = lines(resource.resolve("run/metrics.jsonl"));
    expected.addAll(lines(resource.resolve("continued.jsonl")));
    List<JsonNode> actual = lines(run.resolve("metrics.jsonl"));
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertSame(expected.get(i), actual.get(i));
    }
    Path checkpoint = run.resolve("checkpoints/step-00000030");
    assertTrue(Files.exists(checkpoint.resolve("optimizer.safetensors")));
  }

  /** Bit for bit on the processor that it was recorded on; elsewhere products may round apart. */
  private static void assertSame(JsonNode expected, JsonNode actual) {
    for (String name : List.of("step", "split", "tokens")) {
      assertEquals(expected.path(name), actual.path(name), name + " of " + actual);
    }
    for (String name : List.of("loss", "learningRate", "gradientNorm", "trace", "metricScale")) {
      assertEquals(expected.has(name), actual.has(name), name + " of " + actual);
      double value = expected.path(name).asDouble();
      assertEquals(value, actual.path(name).asDouble(), 1e-5 * value, name + " of " + actual);
    }
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
