package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.store.RunLock;
import dev.pullback.train.study.StudyRow.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyTest {

  private static final int TRIALS = 2 * 2 * (2 + 3);

  @TempDir private Path folder;
  private final List<String> lines = new ArrayList<>();
  private Path plan;

  @BeforeEach
  void write() throws IOException {
    plan = TinyStudy.write(folder);
  }

  @Test
  void theBestOfTuningIsEvaluatedOnFreshSeeds() throws IOException {
    Study study = started("whole", () -> false);
    study.writeTrials();
    assertEquals(2 * 2 * 2, files("whole", "trial.json").size());
    assertTrue(study.run(false));
    List<StudyRow> rows = study.rows();
    assertEquals(TRIALS, rows.size());
    assertTrue(rows.stream().allMatch(StudyRow::isComplete));
    assertEquals(List.of(), files("whole", "latest"), "no checkpoint is left");
    assertEquals(TRIALS, Files.readAllLines(folder.resolve("whole/rows.jsonl")).size());
    for (String optimizer : List.of("adamw", "cross")) {
      List<StudyRow> own =
          rows.stream()
              .filter(row -> row.size().equals("large") && row.optimizer().equals(optimizer))
              .toList();
      assertEquals(
          List.of(9L, 9L, 1L, 2L, 3L), own.stream().map(StudyRow::seed).toList(), optimizer);
      StudyRow best = own.get(own.get(0).loss() < own.get(1).loss() ? 0 : 1);
      own.subList(2, 5).forEach(row -> assertEquals(best.hyperparameters(), row.hyperparameters()));
      assertEquals(6L * 4 * 16, best.tokens());
    }
    int before = lines.size();
    assertTrue(open("whole", () -> false).run(false), "nothing is run again");
    assertFalse(lines.subList(before, lines.size()).stream().anyMatch(l -> l.contains(": loss")));
  }

  @Test
  void whatWasStoppedGoesOnToTheSameRows() throws IOException {
    assertTrue(started("whole", () -> false).run(false));
    AtomicInteger asked = new AtomicInteger();
    boolean complete = false;
    int calls = 0;
    started("pieces", () -> false);
    while (!complete) {
      calls++;
      asked.set(0);
      // Within a trial, and not always at the same step.
      int patience = 40 + calls;
      complete = open("pieces", () -> asked.incrementAndGet() > patience).run(false);
    }
    assertTrue(calls > 3, () -> "stopped often");
    assertEquals(untimed("whole"), untimed("pieces"));
  }

  @Test
  void runsSomeOptimisersAndLeavesTheOthersForLater() throws IOException {
    assertTrue(started("whole", () -> false).run(false));
    Study some = started("some", () -> false);
    InputException e =
        assertThrows(InputException.class, () -> some.restrictTo(List.of("cross", "adam")));
    assertEquals("the plan has no optimiser 'adam'; it has adamw, cross", e.getMessage());
    some.restrictTo(List.of("cross"));
    assertTrue(some.run(false));
    assertEquals(
        Set.of("cross"),
        some.rows().stream()
            .filter(StudyRow::isComplete)
            .map(StudyRow::optimizer)
            .collect(Collectors.toSet()));
    assertFalse(some.isComplete());
    assertTrue(open("some", () -> false).run(false));
    assertEquals(untimed("whole"), untimed("some"));
  }

  @Test
  void failedTrialsAreNotTheBest() throws IOException {
    Study study = started("failed", () -> false);
    StudyPlan.Entry adamw = study.plan().entries().get(0);
    StudyPlan.Entry cross = study.plan().entries().get(1);
    List<TrialSpec> tuning = study.plan().tuning("small", adamw);
    TinyStudy.finish(folder.resolve("failed"), tuning.get(0), null);
    assertEquals(Map.of(), study.tuned("small", adamw), "tuning is not complete");
    TinyStudy.finish(folder.resolve("failed"), tuning.get(1), 7.0);
    assertEquals(tuning.get(1).config().options().lr, study.tuned("small", adamw).get("lr"));
    for (TrialSpec trial : study.plan().tuning("small", cross)) {
      TinyStudy.finish(folder.resolve("failed"), trial, null);
    }
    assertEquals(Map.of(), study.tuned("small", cross), "all failed");
    assertEquals(
        List.of(Status.FAILED, Status.COMPLETE, Status.LEFT, Status.LEFT, Status.LEFT),
        statuses(study, "adamw"));
    assertEquals(List.of(Status.FAILED, Status.FAILED), statuses(study, "cross"));
  }

  private static List<Status> statuses(Study study, String optimizer) throws IOException {
    return study.rows().stream()
        .filter(row -> row.size().equals("small") && row.optimizer().equals(optimizer))
        .map(StudyRow::status)
        .toList();
  }

  @Test
  void leavesATrialToTheProcessThatIsAtIt() throws IOException {
    BooleanSupplier othersAreDone =
        () -> lines.stream().filter(line -> line.contains(": loss")).count() == 7 + 3 * 3;
    Study study = started("shared", othersAreDone);
    TrialSpec first = study.plan().tuning("small", study.plan().entries().get(0)).get(0);
    Path taken = Files.createDirectories(folder.resolve("shared").resolve(first.folder()));
    try (RunLock held = RunLock.take(taken).orElseThrow()) {
      assertNotNull(held);
      assertFalse(study.run(false));
    }
    assertFalse(Files.exists(taken.resolve("row.json")));
    assertTrue(open("shared", () -> false).run(false));
  }

  @Test
  void otherDataThanThePlannedOnesAreRefused() throws IOException {
    started("data", () -> false).writeTrials();
    Files.writeString(folder.resolve("text.txt"), "Something else. ".repeat(50));
    InputException e =
        assertThrows(InputException.class, () -> open("data", () -> false).run(false));
    assertTrue(e.getMessage().contains("another text"), e.getMessage());
  }

  @Test
  void aFolderHoldsOneStudy() throws IOException {
    started("one", () -> false);
    started("one", () -> false);
    Files.writeString(plan, Files.readString(plan).replace("points: 2", "points: 3"));
    InputException e = assertThrows(InputException.class, () -> started("one", () -> false));
    assertTrue(e.getMessage().contains("holds a study with another plan"), e.getMessage());
    Files.createDirectories(folder.resolve("other/files"));
    e = assertThrows(InputException.class, () -> started("other", () -> false));
    assertTrue(e.getMessage().contains("not empty and holds no study"), e.getMessage());
    e = assertThrows(InputException.class, () -> open("absent", () -> false));
    assertTrue(e.getMessage().contains("holds no study"), e.getMessage());
  }

  private Study started(String name, BooleanSupplier stop) throws IOException {
    Study.start(plan, folder.resolve(name));
    return open(name, stop);
  }

  private Study open(String name, BooleanSupplier stop) {
    return new Study(folder.resolve(name), "test", stop, lines::add);
  }

  private List<Path> files(String study, String name) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(study))) {
      return files.filter(file -> file.getFileName().toString().equals(name)).toList();
    }
  }

  private List<String> untimed(String study) throws IOException {
    return Files.readAllLines(folder.resolve(study).resolve("rows.jsonl")).stream()
        .map(line -> line.replaceAll("\"seconds\":[^,]*,", ""))
        .toList();
  }

  @Test
  void sizesTooDearToTuneFollowLaws() throws IOException {
    Files.writeString(
        plan,
        Files.readString(plan)
            .replace("weight-decay: [0, 1, linear]", "weight-decay: [0.01, 1, log]")
            .replace("large: {width: 16}", "large: {width: 16}\n  huge: {width: 32, tuning: law}"));
    Study study = started("law", () -> false);
    StudyPlan.Entry adamw = study.plan().entries().get(0);
    assertEquals(List.of(), rows(study, "huge"), "laws are not known");
    assertEquals(2 * 2 * 2 + 2 * 3, study.tuningTrials());
    InputException early =
        assertThrows(InputException.class, () -> study.trial(2 * 2 * 2)); // the first of huge
    assertTrue(early.getMessage().contains("follows laws"), early.getMessage());
    double[] rates = new double[2];
    String[] sizes = {"small", "large"};
    for (int i = 0; i < 2; i++) {
      List<TrialSpec> tuning = study.plan().tuning(sizes[i], adamw);
      TinyStudy.finish(folder.resolve("law"), tuning.get(i), 1.0);
      TinyStudy.finish(folder.resolve("law"), tuning.get(1 - i), 2.0);
      rates[i] = tuning.get(i).config().options().lr;
    }
    double expected = Math.sqrt(rates[0] * rates[1]); // two optima show no exponent
    List<StudyRow> bracket = rows(study, "huge");
    assertEquals(3, bracket.size());
    for (int i = 0; i < 3; i++) {
      double rate = bracket.get(i).hyperparameters().get("lr");
      assertEquals(expected * Math.pow(2, i - 1), rate, 1e-9 * rate);
    }
    assertEquals(bracket.get(0).trial(), study.trial(2 * 2 * 2).folder());
    assertFalse(study.isComplete());
  }

  @Test
  void lawsAreCheckedAtTheEndOfTraining() throws IOException {
    halving();
    Files.writeString(
        plan,
        Files.readString(plan)
            .replace("weight-decay: [0, 1, linear]", "weight-decay: [0.01, 1, log]")
            .replace("small: {width: 8}", "small: {width: 8}\n  middle: {width: 12}")
            .replace("{width: 16}", "{width: 16, tuning: law}"));
    Study study = started("bracket", () -> false);
    assertTrue(study.run(false));
    List<StudyRow> bracket =
        rows(study, "large").stream().filter(row -> !row.isEvaluation()).toList();
    assertEquals(List.of(6L, 6L, 6L, 6L, 6L, 6L), bracket.stream().map(StudyRow::steps).toList());
    assertTrue(bracket.stream().allMatch(StudyRow::isComplete), "none is pruned");
    assertEquals(3 + 3.0, study.plan().work("large", study.plan().entries().get(0), 6), 1e-12);
  }

  @Test
  void comparisonsAfterTheEndAreThoseAtTheEnd() throws IOException {
    halving();
    Files.writeString(plan, Files.readString(plan).replace("eval-interval: 2", "eval-interval: 4"));
    Study study = started("beyond", () -> false);
    assertTrue(study.run(false));
    StudyPlan.Entry adamw = study.plan().entries().get(0);
    List<StudyRow> own =
        rows(study, "small").stream()
            .filter(row -> row.optimizer().equals("adamw") && !row.isEvaluation())
            .toList();
    assertEquals(List.of(4L, 4L, 6L, 6L), own.stream().map(StudyRow::steps).sorted().toList());
    assertEquals(
        own.stream().filter(StudyRow::isComplete).mapToDouble(StudyRow::loss).min().orElseThrow(),
        study.winner("small", adamw).orElseThrow().loss());
  }

  @Test
  void onlyTheBetterHalfGoesOn() throws IOException {
    halving();
    Study study = started("halved", () -> false);
    assertTrue(study.run(false));
    List<StudyRow> rows = rows(study, "small").stream().filter(row -> !row.isEvaluation()).toList();
    assertEquals(2 * 4, rows.size());
    for (String optimizer : List.of("adamw", "cross")) {
      List<StudyRow> own = rows.stream().filter(r -> r.optimizer().equals(optimizer)).toList();
      // Four begin, two go on after the second step, one after the fourth.
      assertEquals(List.of(2L, 2L, 4L, 6L), own.stream().map(StudyRow::steps).sorted().toList());
      assertEquals(
          List.of(Status.COMPLETE, Status.PRUNED, Status.PRUNED, Status.PRUNED),
          own.stream().map(StudyRow::status).sorted().toList());
      double winner = validation("halved", own, Status.COMPLETE, 2);
      assertTrue(winner <= validation("halved", own, Status.PRUNED, 2), "the better half");
    }
    assertEquals(List.of(), files("halved", "latest"), "no checkpoint is left");
    assertEquals(2 * 2 * (4 + 3), Files.readAllLines(folder.resolve("halved/rows.jsonl")).size());
    double tuning = (2 + 2 + 4 + 6) / 6.0;
    assertEquals(tuning + 3, study.plan().work("small", study.plan().entries().get(0), 6), 1e-12);
  }

  @Test
  void whatIsComparedDoesNotDependOnWhoRanIt() throws IOException {
    halving();
    assertTrue(started("whole", () -> false).run(false));
    started("pieces", () -> false);
    AtomicInteger asked = new AtomicInteger();
    for (int call = 1; !open("pieces", () -> asked.incrementAndGet() > 40).run(false); call++) {
      asked.set(-call);
    }
    started("alone", () -> false);
    for (int pass = 0; pass < 3; pass++) { // an array job for each comparison, and one to the end
      for (int number = 0; number < 2 * 2 * 4; number++) {
        runAlone("alone", open("alone", () -> false).trial(number));
      }
    }
    Study.Open over = open("alone", () -> false).trial(0);
    assertEquals(Study.Open.NOTHING, over.until());
    for (int number = 16; number < 28; number++) {
      runAlone("alone", open("alone", () -> false).trial(number));
    }
    assertTrue(open("alone", () -> false).finish(false));
    assertEquals(untimed("whole"), untimed("pieces"));
    assertEquals(untimed("whole"), untimed("alone"));
  }

  private void runAlone(String study, Study.Open next) throws IOException {
    if (next.until() != Study.Open.NOTHING) {
      SingleTrial trial =
          new SingleTrial(folder.resolve(study), next.folder(), "test", () -> false, line -> {});
      assertTrue(trial.run(next.until()));
    }
  }

  private void halving() throws IOException {
    Files.writeString(
        plan,
        Files.readString(plan)
            .replace("points: 2,", "points: 4, halvings: 2,")
            .replace("eval-interval: 3", "eval-interval: 2"));
  }

  private double validation(String study, List<StudyRow> rows, Status status, int step) {
    return rows.stream()
        .filter(row -> row.status() == status)
        .map(row -> folder.resolve(study).resolve(row.trial()).resolve("metrics.jsonl"))
        .mapToDouble(file -> MetricsFile.losses(file, "validation").get(step / 2 - 1).loss())
        .max()
        .orElseThrow();
  }

  private static List<StudyRow> rows(Study study, String size) throws IOException {
    return study.rows().stream().filter(row -> row.size().equals(size)).toList();
  }

  @Test
  void lawsNeedSizesToGoThrough() throws IOException {
    String text = Files.readString(plan);
    assertRefused(text.replace("{width: 16}", "{width: 16, tuning: law}"), "two tuned sizes");
    String three =
        text.replace("large: {width: 16}", "large: {width: 16}\n  huge: {width: 32, tuning: law}");
    assertRefused(three, "above 0");
    assertRefused(three.replace("tuning: law", "tuning: none"), "says tuning: law");
  }

  private void assertRefused(String text, String message) throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.yaml"), text);
    InputException e = assertThrows(InputException.class, () -> StudyPlan.read(bad));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
