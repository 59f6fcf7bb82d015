package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import dev.pullback.train.study.StudyRow.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials one by one, as array jobs and workers of a cluster run them. */
class SingleTrialTest {

  @TempDir private Path folder;
  private Path out;
  private Study study;

  @BeforeEach
  void start() throws IOException {
    out = folder.resolve("study");
    Study.start(TinyStudy.write(folder), out);
    study = new Study(out, "test", () -> false, line -> {});
  }

  @Test
  void numbersNameAllTrialsTuningFirst() throws IOException {
    int tuning = 2 * 2 * 2;
    InputException early = assertThrows(InputException.class, () -> study.trial(tuning));
    assertTrue(early.getMessage().contains("tuning is not complete"), early.getMessage());
    for (int number = 0; number < tuning; number++) {
      assertTrue(trial(study.trial(number).folder(), () -> false).run(Study.Open.TO_ITS_END));
    }
    assertTrue(trial(study.trial(tuning + 1).folder(), () -> false).run(Study.Open.TO_ITS_END));
    List<StudyRow> evaluated =
        study.rows().stream().filter(row -> row.isEvaluation() && row.isComplete()).toList();
    assertEquals(
        List.of(study.trial(tuning + 1).folder()),
        evaluated.stream().map(StudyRow::trial).toList());
    assertEquals(2L, evaluated.get(0).seed());
    InputException none = assertThrows(InputException.class, () -> study.trial(tuning + 2 * 2 * 3));
    assertTrue(none.getMessage().contains("evaluation 8 to 19"), none.getMessage());
  }

  @Test
  void repeatingFindsWhatDiffers() throws IOException {
    String name = study.trial(0).folder();
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    InputException open =
        assertThrows(InputException.class, () -> trial(name, () -> false).repeat(elsewhere, 0));
    assertTrue(open.getMessage().contains("is not complete"), open.getMessage());
    assertFalse(trial(name, () -> true).run(Study.Open.TO_ITS_END), "it was stopped");
    assertTrue(trial(name, () -> false).run(Study.Open.TO_ITS_END));
    assertEquals(List.of(), trial(name, () -> false).repeat(elsewhere, 0).orElseThrow());
    assertEquals(List.of(name), study.pick(1, 5));
    assertThrows(InputException.class, () -> study.pick(2, 5));
    Path metrics = out.resolve(name).resolve("metrics.jsonl");
    String measured = Files.readString(metrics);
    Files.writeString(metrics, measured.replaceFirst("(\"loss\":[0-9]+\\.[0-9]{4})", "$17"));
    assertEquals(1, trial(name, () -> false).repeat(elsewhere, 0).orElseThrow().size());
    assertEquals(List.of(), trial(name, () -> false).repeat(elsewhere, 1e-2).orElseThrow());
    Files.writeString(metrics, measured.replaceAll("\"gradientNorm\":[^,}]*,", ""));
    assertEquals(
        List.of(),
        trial(name, () -> false).repeat(elsewhere, 0).orElseThrow(),
        "an older program measured less");
    Files.writeString(metrics, measured.replace("{\"step\"", "{\"older\":1.5,\"step\""));
    assertFalse(trial(name, () -> false).repeat(elsewhere, 0).orElseThrow().isEmpty());
  }

  @Test
  void whatCrashedIsRecordedAsFailed() throws IOException {
    String name = study.openTrials().get(0).folder();
    study.fail(name, "exit status 139");
    StudyRow row = study.rows().get(0);
    assertEquals(Status.FAILED, row.status());
    assertEquals("exit status 139", row.failure());
    assertFalse(study.openTrials().stream().anyMatch(next -> next.folder().equals(name)));
    String complete = study.openTrials().get(0).folder();
    assertTrue(trial(complete, () -> false).run(Study.Open.TO_ITS_END));
    study.fail(complete, "too late");
    assertTrue(study.rows().get(1).isComplete(), "a result stays");
  }

  private SingleTrial trial(String name, BooleanSupplier stop) {
    return new SingleTrial(out, name, "test", stop, line -> {});
  }
}
