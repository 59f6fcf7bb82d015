package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.pullback.train.config.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowsTest {

  @TempDir private Path folder;

  @Test
  void theRowHasTheBestAndTheLast() throws IOException {
    ResultRow row =
        row(
            "regression",
            """
            {"step":3,"split":"train","loss":2,"tokens":3,"seconds":1}
            {"step":3,"split":"validation","epoch":1,"loss":2,"paper":0.5,"full":0.6,"seconds":1}
            {"step":6,"split":"validation","epoch":2,"loss":1,"paper":0.2,"full":0.3,"seconds":2}
            {"step":9,"split":"validation","epoch":3,"loss":1,"paper":0.4,"full":0.1,"seconds":3}
            """);
    assertEquals(0.2, row.best());
    assertEquals(0.4, row.last());
    assertEquals(0.1, row.bestFull());
    assertEquals(0.1, row.finalFull());
    assertNull(row.steps(), "there is nothing to converge to");
    assertEquals(9, row.trainingSteps());
    assertEquals(3, row.epochs());
    assertEquals(3, row.seconds());
  }

  @Test
  void moreIsBetterForAccuracies() throws IOException {
    ResultRow row =
        row(
            "mnist",
            """
            {"step":3,"split":"validation","epoch":1,"paper":0.5,"full":0.6,"seconds":1}
            {"step":6,"split":"validation","epoch":2,"paper":0.2,"full":0.3,"seconds":2}
            """);
    assertEquals("higher", row.better());
    assertEquals(0.5, row.best());
    assertEquals(0.2, row.last());
  }

  private ResultRow row(String subject, String metrics) throws IOException {
    Files.writeString(folder.resolve("metrics.jsonl"), metrics);
    TrialSpec trial =
        new TrialSpec(subject, subject, null, Subjects.config(subject, "adam", new RunOptions()));
    return Rows.of(trial, folder, null, null);
  }
}
