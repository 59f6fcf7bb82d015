package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.cli.CommandLines.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Experiments on the command line, killed and called again. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PaperIT {

  private static final int EPOCHS = 150;

  @TempDir private Path folder;
  private CommandLines commands;

  @BeforeEach
  void open() {
    commands = new CommandLines(folder);
  }

  @Test
  void aKilledExperimentContinuesExactly() throws Exception {
    Path whole = folder.resolve("whole");
    Result all = commands.run(regression(whole));
    assertEquals(0, all.status(), all.output());
    assertTrue(Files.size(whole.resolve("report.html")) > 100_000);

    Path killed = folder.resolve("killed");
    Process process = commands.start(regression(killed), folder.resolve("killed.log"));
    CommandLines.waitForLines(trial(killed, "sgd").resolve("metrics.jsonl"), 20 * 9, process);
    process.destroyForcibly().waitFor();
    assertTrue(Files.exists(trial(killed, "adam").resolve("row.json")), "the first was complete");
    assertTrue(Files.notExists(trial(killed, "sgd").resolve("row.json")), "killed too late");
    Result again = commands.run(regression(killed));
    assertEquals(0, again.status(), again.output());
    for (String optimizer : List.of("adam", "sgd")) {
      List<String> expected = withoutSeconds(trial(whole, optimizer).resolve("metrics.jsonl"));
      assertEquals(EPOCHS * 9, expected.size(), "eight steps and an evaluation each");
      assertEquals(expected, withoutSeconds(trial(killed, optimizer).resolve("metrics.jsonl")));
    }
    JsonNode rows =
        new ObjectMapper().readTree(killed.resolve("results.json").toFile()).path("rows");
    assertEquals(2, rows.size());
    assertEquals(EPOCHS, rows.path(1).path("epochs").asInt());
    assertTrue(rows.path(1).path("run").path("command").asText().startsWith("./pullback paper"));
  }

  private List<String> regression(Path out) {
    return List.of(
        "paper",
        "regression",
        "--optimizers",
        "adam,sgd",
        "--seeds",
        "1",
        "--epochs",
        "" + EPOCHS,
        "--threads",
        "1",
        "--data-dir",
        folder.resolve("no-data").toString(),
        "--out",
        out.toString());
  }

  private static Path trial(Path out, String optimizer) {
    return out.resolve("trials/regression/regression").resolve(optimizer).resolve("seed-1");
  }

  private static List<String> withoutSeconds(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.replaceAll("\"seconds\":.*", ""))
        .toList();
  }
}
