package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StudyPlanTest {

  @TempDir private Path folder;
  private Path file;
  private String sound;

  @BeforeEach
  void write() throws IOException {
    file = TinyStudy.write(folder);
    sound = Files.readString(file);
  }

  @Test
  void everyOptimiserHasTheSamePointsOfWhatItShares() {
    StudyPlan plan = StudyPlan.read(file);
    assertEquals(List.of("small", "large"), List.copyOf(plan.sizes().keySet()));
    List<TrialSpec> adamw = plan.tuning("small", plan.entries().get(0));
    List<TrialSpec> cross = plan.tuning("small", plan.entries().get(1));
    assertEquals(2, adamw.size());
    assertEquals(rates(adamw), rates(cross));
    assertEquals(2, Set.copyOf(rates(adamw)).size());
    TrialSpec trial = cross.get(1);
    assertEquals("trials/tuning/small/sgd_rms_cross-cross-001/seed-9", trial.folder().toString());
    assertEquals("trials/tuning/small/adamw-001/seed-9", adamw.get(1).folder().toString());
    Map<String, String> values = trial.config().values();
    assertEquals("8", values.get("width"));
    assertEquals("-0.5", values.get("coupling"));
    assertEquals("6", values.get("max-steps"));
    assertEquals("9", values.get("seed"));
  }

  @Test
  void evaluationDiffersFromTheBestInItsSeedOnly() {
    StudyPlan plan = StudyPlan.read(file);
    StudyPlan.Entry entry = plan.entries().get(1);
    TrialSpec best = plan.tuning("large", entry).get(1);
    List<TrialSpec> evaluation = plan.evaluation("large", entry, best);
    assertEquals(
        List.of(1L, 2L, 3L),
        evaluation.stream().map(trial -> trial.config().options().seed).toList());
    assertEquals(Set.of("seed"), evaluation.get(0).config().differences(best.config()).keySet());
  }

  @Test
  void operationsATokenAreKnownWithTheVocabulary() throws IOException {
    assertNull(StudyPlan.read(file).sizes().get("small").flopsPerToken());
    Files.writeString(file, sound.replace("context: 16", "context: 16\n  tokenizer: bpe:300"));
    double matrices = 12 * 8 * 8 + 300 * 8;
    assertEquals(
        6 * matrices + 12 * 8 * 16, StudyPlan.read(file).sizes().get("small").flopsPerToken());
  }

  @Test
  void aSizeTakesTheBudgetOfTheBase() throws IOException {
    Files.writeString(file, sound.replace("{width: 8}", "{width: 9, heads: 3, max-tokens: 999}"));
    StudyPlan plan = StudyPlan.read(file);
    TrialSpec small = plan.tuning("small", plan.entries().get(0)).get(0);
    assertEquals(999, small.config().options().maxTokens);
    assertNull(small.config().options().maxSteps);
    TrialSpec large = plan.tuning("large", plan.entries().get(0)).get(0);
    assertEquals(6, large.config().options().maxSteps);
  }

  @Test
  void aSizeMayHaveFewerOptimisersAndSeeds() throws IOException {
    Files.writeString(
        file, sound.replace("{width: 8}", "{width: 8, optimizers: [cross], seeds: [3, 1]}"));
    StudyPlan plan = StudyPlan.read(file);
    StudyPlan.Entry cross = plan.entries().get(1);
    assertEquals(List.of(cross), plan.entries("small"));
    assertEquals(2, plan.entries("large").size());
    TrialSpec best = plan.tuning("small", cross).get(0);
    assertEquals(2, plan.evaluation("small", cross, best).size());
    assertEquals(3, plan.evaluation("large", cross, best).size());
  }

  @Test
  void comparisonsAreAtEvaluations() throws IOException {
    String halving = sound.replace("points: 2,", "points: 8, halvings: 4,");
    Files.writeString(file, halving);
    StudyPlan plan = StudyPlan.read(file);
    assertEquals(
        List.of(new StudyPlan.Rung(3, 4), new StudyPlan.Rung(6, 2), new StudyPlan.Rung(9, 1)),
        plan.rungs("small", plan.entries().get(0)));
    Files.writeString(file, halving.replace("eval-interval: 3", "eval-interval: 0"));
    InputException e = assertThrows(InputException.class, () -> StudyPlan.read(file));
    assertTrue(e.getMessage().contains("an eval-interval above 0"), e.getMessage());
  }

  private static List<Double> rates(List<TrialSpec> trials) {
    return trials.stream().map(trial -> trial.config().options().lr).toList();
  }

  /** A change to the sound plan that must be refused, and what the message says. */
  record Fault(String from, String to, List<String> says) {}

  private static Fault fault(String from, String to, String... says) {
    return new Fault(from, to, List.of(says));
  }

  static Stream<Fault> faults() {
    return Stream.of(
        fault("threads: 1", "thread: 1", "line 12, base.thread: unknown key"),
        fault("threads: 1", "threads:", "line 12, base.threads: there is no value"),
        fault("threads: 1", "threads: one", "line 12: ", "--threads", "is not an int"),
        fault("threads: 1", "threads: [1]", "line 12, base.threads: expected one value"),
        fault("threads: 1", "threads: &t 1", "line 12, base.threads: anchors"),
        fault("threads: 1", "seed: 1", "line 12, base.seed: is not the same for all"),
        fault("preset: nanogpt-cpu", "preset: nano", "There is no preset 'nano'"),
        fault("heads: 2", "heads: 3", "line 20, optimizers.adamw: ", "8 with 3 heads"),
        fault("width: 8", "threads: 8", "line 15, sizes.small.threads: is not a size's own"),
        fault("small:", "Small:", "line 15, sizes.Small: a name has"),
        fault("points: 2", "points: 2.5", "line 17, tuning.points: '2.5' is no whole"),
        fault("points: 2", "points: 0", "line 17, tuning.points: must be from 1"),
        fault("points: 2, ", "", "line 17, tuning: there is no points"),
        fault("[1, 2, 3]", "[1, 9, 3]", "evaluation.seeds: 9 is the tuning seed"),
        fault("[1, 2, 3]", "[1, 1]", "evaluation.seeds: 1 comes twice"),
        fault("[1, 2, 3]", "[]", "evaluation.seeds: there is no seed"),
        fault("[1, 2, 3]", "1", "evaluation.seeds: expected a list"),
        fault("coupling: -0.5", "points: 99", "optimizers.cross.points: unknown key"),
        fault("coupling: -0.5", "max-steps: 99", "cross.max-steps: is not an optimiser's own"),
        fault("coupling: -0.5", "xi: 0.1", "search.xi: it is fixed in line 25"),
        fault("coupling: -0.5", "beta1: 0.9", "optimizers.cross", "beta1"),
        fault("sgd_rms_cross", "sgd_cross", "There is no optimizer 'sgd_cross'"),
        fault("xi: [1e-6, 1e-1, log]", "lr: [1, 2, log]", "already"),
        fault("xi: [1e-6", "weight-decay: [1e-6", "weight-decay: another optimiser has 0.0"),
        fault("[1e-6, 1e-1, log]", "[1e-6, 1e-1]", "search.xi: expected [low, high, log]"),
        fault("[1e-6, 1e-1, log]", "[1e-6, 1e-7, log]", "search.xi: 1.0E-6 is not below"),
        fault("[1e-6, 1e-1, log]", "[0, 1e-1, log]", "search.xi: a logarithmic range"),
        fault("[1e-6, 1e-1, log]", "[a, 1e-1, log]", "search.xi: 'a' is no number"),
        fault("[1e-6, 1e-1, log]", "[-1, 1, linear]", "line 23, optimizers.cross: xi", "-1.0"),
        fault("xi: [1e-6", "every: [1e-6", "search.every: cannot be searched"),
        fault("xi: [1e-6", "kappa: [1e-6", "kappa"),
        fault("points: 2,", "points: 2, halvings: 17,", "tuning.halvings: must be from 0 to 16"),
        fault("points: 2,", "points: 2, halvings: 1, halving: 1,", "tuning.halving: unknown key"),
        fault("{width: 8}", "{width: 8, seeds: [4]}", "small.seeds: a size's seeds are among"),
        fault("{width: 8}", "{width: 8, optimizers: [sgd]}", "small.optimizers", "no 'sgd'"),
        fault("{width: 8}", "{width: 8, optimizers: []}", "small.optimizers: it is empty"),
        fault("{width: 8}", "{width: 8, tuning: [large]}", "small.tuning: a law of adamw goes"),
        fault("{width: 8}", "{width: 8, tuning: [small]}", "small.tuning", "no 'small'"),
        fault("tuning:", "baseline: adamw\ntuning:", "line 17, baseline: unknown key"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void refusesWithLineAndKey(Fault fault) throws IOException {
    assertTrue(sound.contains(fault.from()), fault.from());
    Files.writeString(file, sound.replace(fault.from(), fault.to()));
    InputException e = assertThrows(InputException.class, () -> StudyPlan.read(file));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    for (String says : fault.says()) {
      assertTrue(e.getMessage().contains(says), e.getMessage());
    }
  }

  @Test
  void refusesTasksWithoutALoss() throws IOException {
    Files.writeString(
        file,
        """
        base: {preset: paper-mnist}
        tuning: {points: 2, seed: 9}
        evaluation: {seeds: [1]}
        optimizers: {sgd: {optimizer: sgd, search: {lr: [0.1, 1, log]}}}
        """);
    InputException e = assertThrows(InputException.class, () -> StudyPlan.read(file));
    assertTrue(e.getMessage().contains("which mnist does not have"), e.getMessage());
  }

  @Test
  void plansOfTheRepositoryAreSound() {
    for (String name : List.of("smoke", "scaling", "sensitivity")) {
      StudyPlan.read(Path.of("../docs/studies/%s.yaml".formatted(name)));
    }
    StudyPlan plan = StudyPlan.read(Path.of("../docs/studies/nanogpt-cpu.yaml"));
    assertEquals(12, plan.entries().size());
    assertEquals(List.of(StudyPlan.ONE_SIZE), List.copyOf(plan.sizes().keySet()));
    Set<Path> folders =
        plan.entries().stream()
            .flatMap(entry -> plan.tuning(StudyPlan.ONE_SIZE, entry).stream())
            .map(TrialSpec::folder)
            .collect(Collectors.toSet());
    assertEquals(96, folders.size());
  }
}
