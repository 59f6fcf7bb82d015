package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pullback.optim.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    try (MetricsLog log = MetricsLog.open(file, state.step())) {
      state = state.afterStep(10, 0.25);
      log.train(state, new StepReport(3, 0.1, 1.5, 2, Double.NaN, Double.NaN, false));
    }
    assertEquals(4, Files.readAllLines(file).size());
    assertEquals(
        List.of(3.0, 2.0, 1.5),
        MetricsFile.losses(file, "train").stream().map(MetricsFile.Point::loss).toList());
    String last = Files.readAllLines(file).get(3);
    assertEquals(
        "{\"step\":3,\"split\":\"train\",\"loss\":1.5,\"tokens\":30,\"seconds\":1.25,"
            + "\"learningRate\":0.1,\"gradientNorm\":2.0}",
        last);
    assertFalse(last.contains("trace"), "what a rule does not have is left out");
  }
}
