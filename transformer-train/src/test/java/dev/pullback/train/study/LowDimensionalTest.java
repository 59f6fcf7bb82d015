package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.optim.Kernels;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.paper.PublishedHyperparameters;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.task.TestFunction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LowDimensionalTest {

  @TempDir private Path out;

  /** A published search: function, optimiser, steps, final value. */
  record Published(String function, String optimizer, int steps, double finalValue) {

    /** Half a unit in the third digit. */
    double tolerance() {
      return 0.5 * Math.pow(10, Math.floor(Math.log10(finalValue)) - 2);
    }
  }

  static Stream<Published> published() throws IOException {
    try (InputStream in =
        LowDimensionalTest.class.getResourceAsStream("/paper/low-dimensional.json")) {
      JsonNode rows = new ObjectMapper().readTree(in).path("rows");
      return StreamSupport.stream(rows.spliterator(), false)
          .filter(row -> row.has("steps"))
          .map(
              row ->
                  new Published(
                      row.get("function").asText(),
                      row.get("optimizer").asText(),
                      row.get("steps").asInt(),
                      row.get("final").asDouble()));
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void takesThePublishedSteps(Published row) throws IOException {
    TestFunction function = TestFunction.byName(row.function()).orElseThrow();
    TrialSpec trial =
        trial(
            function,
            row.optimizer(),
            PublishedHyperparameters.ofFunction(row.function()).get(row.optimizer()));
    ResultRow result = run(trial);
    assertFalse(result.failed());
    assertEquals(row.steps(), result.steps());
    assertEquals(row.finalValue(), result.last(), row.tolerance() * 1.001);
    List<JsonNode> measured = metrics(trial, "validation");
    assertEquals(row.steps() + 1, measured.size(), "every point, the start too");
    assertEquals(function.start()[0], measured.get(0).path("x").asDouble());
    assertEquals(function.start()[1], measured.get(0).path("y").asDouble());
    JsonNode end = measured.get(row.steps());
    assertEquals(result.last(), end.path("full").asDouble());
    assertTrue(end.path("x").isDouble() && end.path("y").isDouble());
    assertEquals(row.steps(), metrics(trial, "train").size());
  }

  @Test
  void saysWhereItDiverged() throws IOException {
    ResultRow row = run(trial(TestFunction.BEALE, "sgd", Map.of("lr", 10.0, "momentum", 0.99)));
    assertTrue(row.failed());
    assertTrue(row.failure().matches("(?s).*[0-9].*"), row.failure());
    assertNull(row.steps());
  }

  private static TrialSpec trial(
      TestFunction function, String optimizer, Map<String, Double> values) {
    RunOptions portable = new RunOptions();
    portable.kernels = Kernels.PORTABLE;
    return new Plan(List.of(), 1, portable)
        .lowDimensional(Plan.LOWDIM, function, null, optimizer, values);
  }

  private ResultRow run(TrialSpec trial) throws IOException {
    return new TrialRunner(out, "test", () -> false, line -> {}).run(trial).orElseThrow();
  }

  private List<JsonNode> metrics(TrialSpec trial, String split) {
    List<JsonNode> lines = new ArrayList<>();
    MetricsFile.lines(out.resolve(trial.folder()).resolve("metrics.jsonl"), split, lines::add);
    return lines;
  }
}
