package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pullback.optim.StepReport;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.task.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {

  @TempDir private Path folder;

  @Test
  void dropsWhatWillBeWrittenAgainAndWhatAKillCutOff() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    Files.writeString(
        file,
        """
        {"step":1,"split":"train","loss":3.0}
        {"step":2,"split":"train","loss":2.0}
        {"step":2,"split":"validation","loss":2.5}
        {"step":3,"split":"train","loss":1.0}
        {"step":2,"spl""");
    TrainingState state = TrainingState.begin("").afterStep(10, 0.5).afterStep(10, 0.5);
    try (JsonLines lines = JsonLines.open(file, state.step())) {
      state = state.afterStep(10, 0.25);
      new MetricsLog(lines, 0)
          .train(
              state,
              new StepReport(3, 0.1, 1.5, 2, Double.NaN, Double.NaN, false),
              Optional.empty());
    }
    assertEquals(4, Files.readAllLines(file).size());
    assertEquals(
        List.of(3.0, 2.0, 1.5),
        MetricsFile.losses(file, "train").stream().map(MetricsFile.Point::loss).toList());
    String last = Files.readAllLines(file).get(3);
    assertEquals(
        "{\"step\":3,\"split\":\"train\",\"loss\":1.5,\"learningRate\":0.1,\"gradientNorm\":2.0,"
            + "\"tokens\":30,\"seconds\":1.25}",
        last);
    assertFalse(last.contains("trace"), "what a rule does not have is left out");
  }

  @Test
  void anEvaluationHasItsEpochAndWhatElseThereIs() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    TrainingState state = TrainingState.begin("").afterStep(10, 0.5).afterStep(10, 0.25);
    Score score = new Score(Double.NaN, 0.5, 0.75, new TreeMap<>(Map.of("y", 2.0, "x", 1.0)));
    try (JsonLines lines = JsonLines.open(file, 0)) {
      new MetricsLog(lines, 2).validation(state, score);
      new MetricsLog(lines, 3).validation(state, new Score(1, Double.NaN, 3));
    }
    assertEquals(
        List.of(
            "{\"step\":2,\"split\":\"validation\",\"epoch\":1,\"paper\":0.5,\"full\":0.75,\"x\":1.0,"
                + "\"y\":2.0,\"tokens\":20,\"seconds\":0.75}",
            "{\"step\":2,\"split\":\"validation\",\"loss\":1.0,\"full\":3.0,\"tokens\":20,"
                + "\"seconds\":0.75}"),
        Files.readAllLines(file));
  }
}
