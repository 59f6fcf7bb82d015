package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchSpaceTest {

  static final List<String> OPTIMIZERS =
      Optimizers.all().stream().map(OptimizerSpec::name).toList();

  @ParameterizedTest
  @FieldSource("OPTIMIZERS")
  void everyPointIsInRangeAndFillsTheSpaceEvenly(String optimizer) {
    List<Map<String, Double>> points = SearchSpace.training("mnist", optimizer).points(64, 3);
    for (Map<String, Double> point : points) {
      double rate = point.get("lr");
      assertTrue(rate >= 1e-6 && rate < 1, () -> "learning rate " + rate);
    }
    // Of 64 points of the sequence, the lower half of the logarithmic range gets 32, give or take
    // what the shift moves over the edge.
    long low = points.stream().filter(point -> point.get("lr") < 1e-3).count();
    assertTrue(low >= 30 && low <= 34, () -> low + " below");
  }

  @ParameterizedTest
  @FieldSource("OPTIMIZERS")
  void everySubjectTakesItsPoints(String optimizer) {
    for (String subject : Subjects.names()) {
      RunConfig config = Subjects.config(subject, optimizer, new RunOptions());
      for (Map<String, Double> point : SearchSpace.training(subject, optimizer).points(16, 3)) {
        assertEquals(point, config.withHyperparameters(point).hyperparameters());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam", "sgd_metric", "sgd_log_metric", "sgd_rms"})
  void gridsHaveTheirValuesOnly(String optimizer) {
    for (Map<String, Double> point : SearchSpace.lowDimensional(optimizer).points(50, 1)) {
      double decade = Math.log10(point.get("lr"));
      assertEquals(Math.rint(decade), decade, 1e-12);
    }
  }

  @Test
  void noCellOfAGridIsTriedTwice() {
    List<Map<String, Double>> points = SearchSpace.lowDimensional("sgd").points(100, 0);
    assertEquals(8 * 8, points.size(), "the whole grid");
    assertEquals(points.size(), Set.copyOf(points).size());
    assertEquals(100, SearchSpace.lowDimensional("sgd_rms").points(100, 0).size());
  }

  @Test
  void theSeedDecides() {
    SearchSpace space = SearchSpace.training("shakespeare", "sgd_rms");
    assertEquals(space.points(5, 1), space.points(5, 1));
    assertNotEquals(space.points(5, 1), space.points(5, 2));
  }
}
