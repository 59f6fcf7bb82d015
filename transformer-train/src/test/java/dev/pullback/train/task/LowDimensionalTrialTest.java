package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.optim.Kernels;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Precision;
import dev.pullback.train.study.Plan;
import dev.pullback.train.study.PublishedHyperparameters;
import dev.pullback.train.study.Rows;
import dev.pullback.train.study.Trial;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LowDimensionalTrialTest {

  private static final Compute PORTABLE =
      new Compute(TrainingEngine.PYTORCH, Kernels.PORTABLE, Precision.FLOAT32);

  /** A published search: function, optimiser, steps, final value. */
  record Published(String function, String optimizer, int steps, double finalValue) {

    /** Half a unit in the third digit. */
    double tolerance() {
      return 0.5 * Math.pow(10, Math.floor(Math.log10(finalValue)) - 2);
    }
  }

  static Stream<Published> published() throws IOException {
    try (InputStream in =
        LowDimensionalTrialTest.class.getResourceAsStream("/paper/low-dimensional.json")) {
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
  void takesThePublishedSteps(Published row) {
    TestFunction function = TestFunction.byName(row.function()).orElseThrow();
    Map<String, Double> values = PublishedHyperparameters.of(function).get(row.optimizer());
    Trial trial = Plan.lowDimensional(Plan.LOWDIM, function, null, row.optimizer(), values);
    LowDimensionalTrial.Path path = LowDimensionalTrial.run(trial, PORTABLE);
    assertNull(path.failure());
    assertEquals(row.steps(), path.steps());
    assertEquals(row.finalValue(), path.f().get(row.steps()), row.tolerance() * 1.001);
    assertEquals(row.steps() + 1, path.x().size());
    assertEquals(row.steps(), path.reports().size());
  }

  @Test
  void saysWhereItDiverged() {
    Trial trial =
        Plan.lowDimensional(
            Plan.LOWDIM, TestFunction.BEALE, null, "sgd", Map.of("lr", 10.0, "momentum", 0.99));
    LowDimensionalTrial.Path path = LowDimensionalTrial.run(trial, PORTABLE);
    assertNotNull(path.failure());
    assertNull(path.steps());
    assertEquals(true, Rows.of(trial, path, null).failed());
  }
}
