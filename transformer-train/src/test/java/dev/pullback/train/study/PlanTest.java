package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pullback.train.InputException;
import dev.pullback.train.config.NamedEmbedding;
import dev.pullback.train.config.RunOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlanTest {

  @Test
  void everyVariantOfXiDiffersFromItsBaseInOneValue() {
    List<TrialSpec> trials =
        plan(List.of("sgd_metric")).xi("regression", List.of(0.01), List.of(0.5), List.of(15));
    assertEquals(
        List.of("base", "xi=0.01", "rate=0.5", "warmup=15"),
        trials.stream().map(TrialSpec::variant).toList());
    Map<String, Double> base = trials.get(0).config().hyperparameters();
    assertEquals(0, base.get("xi"));
    assertEquals(Map.of("xi", 0.01), changed(base, trials.get(1)));
    assertEquals(Map.of("lr", 0.5 * base.get("lr")), changed(base, trials.get(2)));
    assertEquals(Map.of("warmup_steps", 15.0), changed(base, trials.get(3)));
  }

  @Test
  void embeddingsMayBeComparedAtAXiThatActs() {
    Plan plan = plan(List.of());
    assertEquals(3 * NamedEmbedding.values().length, plan.embedding("mnist", List.of()).size());
    List<TrialSpec> chosen = plan.embedding("mnist", List.of(0.5));
    assertEquals("base", chosen.get(0).variant());
    assertEquals("linear rate=0.3 xi=0.5", chosen.get(1).variant());
    assertEquals(0.5, chosen.get(1).config().hyperparameters().get("xi"));
    assertEquals(1 + 3 * NamedEmbedding.values().length, chosen.size());
  }

  @Test
  void onlyClassifiersOfVectorsHaveTwoComponents() {
    Plan plan = plan(List.of());
    assertEquals(3, plan.loss("mnist", List.of(0.5)).size());
    InputException e =
        assertThrows(InputException.class, () -> plan.loss("shakespeare", List.of()));
    assertEquals("ablate-loss goes with mnist, not with shakespeare", e.getMessage());
  }

  @Test
  void onlyAMetricHasXi() {
    Plan plan = plan(List.of("adam"));
    assertThrows(
        InputException.class, () -> plan.xi("regression", List.of(1.0), List.of(), List.of()));
  }

  @Test
  void clippingIsSetBesideTheMetricWithPublishedOrChosenXi() {
    Plan plan = plan(List.of());
    List<TrialSpec> published = plan.clip("shakespeare", List.of(0.1), List.of());
    List<TrialSpec> chosen = plan.clip("shakespeare", List.of(0.1), List.of(0.01));
    assertEquals(
        List.of("base", "clip=0.1", "metric"), published.stream().map(TrialSpec::variant).toList());
    assertEquals(
        List.of("base", "clip=0.1", "xi=0.01"), chosen.stream().map(TrialSpec::variant).toList());
    assertEquals(
        Map.of("clip_norm", 0.1), changed(chosen.get(0).config().hyperparameters(), chosen.get(1)));
    assertEquals(
        Map.of("xi", 0.01), changed(published.get(2).config().hyperparameters(), chosen.get(2)));
  }

  @Test
  void decadesOfXiAreTriedWhenNoneIsGiven() {
    assertEquals(
        List.of("base", "xi=0.0001", "xi=0.001", "xi=0.01", "xi=0.1", "xi=1", "xi=10"),
        plan(List.of("sgd_rms")).xi("mnist", List.of(), List.of(), List.of()).stream()
            .map(TrialSpec::variant)
            .toList());
  }

  private static Plan plan(List<String> optimizers) {
    return new Plan(optimizers, 1, new RunOptions());
  }

  private static Map<String, Double> changed(Map<String, Double> base, TrialSpec trial) {
    Map<String, Double> own = new TreeMap<>(trial.config().hyperparameters());
    own.entrySet().removeAll(base.entrySet());
    return own;
  }
}
