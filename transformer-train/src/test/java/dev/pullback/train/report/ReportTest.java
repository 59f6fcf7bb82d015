package dev.pullback.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  private static final Pattern DATA =
      Pattern.compile(
          "<script id=\"data\" type=\"application/json\">(.*?)</script>", Pattern.DOTALL);

  @TempDir private Path out;

  @BeforeEach
  void writeResults() throws IOException {
    Files.writeString(
        out.resolve("results.json"),
        """
        {"rows": [
          {"task": "mnist", "optimizer": "adam", "seed": 1, "hyperparameters": {"lr": 0.1},
           "steps": 2, "epochs": 2, "metric": "test accuracy", "better": "higher",
           "final": 0.97, "best": 0.98, "failed": false, "trial": "trials/a",
           "run": {"command": "./pullback paper mnist", "engine": "PyTorch"}},
          {"task": "mnist", "variant": "searched-001", "optimizer": "adam", "seed": 1,
           "better": "higher", "best": 0.5, "failed": false},
          {"task": "search", "subject": "mnist", "variant": "000", "optimizer": "adam", "seed": 0,
           "hyperparameters": {"lr": 0.2}, "better": "higher", "best": 0.4, "failed": false},
          {"task": "search", "subject": "mnist", "variant": "001", "optimizer": "adam", "seed": 0,
           "hyperparameters": {"lr": 0.3}, "better": "higher", "best": 0.6, "failed": false},
          {"task": "search", "subject": "mnist", "variant": "002", "optimizer": "adam", "seed": 0,
           "failed": true, "failure": "NaN"},
          {"task": "mnist", "optimizer": "adam", "seed": 2, "hyperparameters": {"lr": 0.1},
           "steps": 2, "epochs": 2, "metric": "test accuracy", "better": "higher",
           "final": 0.96, "best": 0.96, "failed": false},
          {"task": "mnist", "optimizer": "sgd", "seed": 1, "hyperparameters": {},
           "steps": null, "failed": true, "failure": "</script><b>NaN"},
          {"task": "ablate-xi", "subject": "mnist", "variant": "base", "optimizer": "sgd_rms",
           "seed": 1, "better": "higher", "best": 0.90, "failed": false},
          {"task": "ablate-xi", "subject": "mnist", "variant": "base", "optimizer": "sgd_rms",
           "seed": 2, "better": "higher", "best": 0.92, "failed": false},
          {"task": "ablate-xi", "subject": "mnist", "variant": "xi=1", "optimizer": "sgd_rms",
           "seed": 1, "better": "higher", "best": 0.80, "failed": false},
          {"task": "ablate-xi", "subject": "mnist", "variant": "xi=1", "optimizer": "sgd_rms",
           "seed": 2, "better": "higher", "best": 0.82, "failed": false},
          {"task": "ablate-clip", "subject": "mnist", "variant": "base", "optimizer": "adamw",
           "seed": 1, "better": "higher", "best": 0.90, "failed": false},
          {"task": "ablate-clip", "subject": "mnist", "variant": "metric", "optimizer": "sgd_rms",
           "seed": 1, "better": "higher", "best": 0.95, "failed": false}
        ]}
        """);
    Path trial = Files.createDirectories(out.resolve("trials/a"));
    Files.writeString(
        trial.resolve("metrics.jsonl"),
        """
        {"step":1,"split":"train","loss":1.5,"learningRate":0.1,"gradientNorm":2.0,"seconds":2}
        {"step":1,"split":"validation","epoch":1,"paper":0.5,"full":0.6,"seconds":2}
        {"step":2,"split":"train","loss":0.5,"learningRate":0.1,"gradientNorm":1.0,"seconds":4}
        {"step":2,"split":"validation","epoch":2,"paper":0.98,"full":0.97,"seconds":4}
        {"step":3,"split":"train","lo""");
  }

  @Test
  void comparesWithThePaper() throws IOException {
    JsonNode table = data().path("training").path(0);
    JsonNode adam = line(table, "adam");
    assertEquals(0.97, adam.path("best").path("mean").asDouble(), 1e-12);
    assertEquals(0.0141421356, adam.path("best").path("standardDeviation").asDouble(), 1e-9);
    assertEquals(0.9806857705116272, adam.path("paperBest").asDouble());
    assertEquals(0.97 - 0.9806857705116272, adam.path("bestDifference").asDouble(), 1e-12);
    assertEquals(2, adam.path("runs").asInt());
    assertEquals(2, adam.path("epochs").path("max").asInt());
    assertEquals(1, line(table, "sgd").path("failed").asInt());
  }

  @Test
  void keepsSearchesApart() throws IOException {
    JsonNode searched = line(data().path("training").path(0), "adam, searched-001");
    assertEquals(0.5, searched.path("best").path("mean").asDouble());
    assertEquals(0.9806857705116272, searched.path("paperBest").asDouble());
    assertEquals(1, data().path("training").size());
    JsonNode line = data().path("searches").path(0).path("lines").path(0);
    assertEquals("001", line.path("best").path("variant").asText());
    assertEquals(0.3, line.path("best").path("hyperparameters").path("lr").asDouble());
    assertEquals(3, line.path("trials").asInt());
    assertEquals(1, line.path("failed").asInt());
    assertEquals(2, data().path("ablations").size());
  }

  @Test
  void comparesVariantsSeedBySeed() throws IOException {
    JsonNode variant = data().path("ablations").path(0).path("lines").path(1);
    assertEquals("xi=1", variant.path("variant").asText());
    assertEquals(-0.1, variant.path("difference").path("mean").asDouble(), 1e-12);
    assertTrue(variant.path("sentence").asText().startsWith("worse than base"));
    // Of 0.8 and 0.82: 0.81 plus or minus t(0.975, 1) = 12.706 times 0.01414 over the root of 2.
    assertEquals(0.81 - 0.12706, variant.path("best").path("low").asDouble(), 1e-4);
  }

  @Test
  void setsAnotherOptimizerBesideTheOnlyBase() throws IOException {
    JsonNode clip = data().path("ablations").path(1);
    assertEquals("adamw", clip.path("optimizer").asText());
    JsonNode metric = clip.path("lines").path(1);
    assertEquals("sgd_rms metric", metric.path("variant").asText());
    assertEquals(0.05, metric.path("difference").path("mean").asDouble(), 1e-12);
  }

  @Test
  void leavesOutALineThatIsCutOff() throws IOException {
    JsonNode epochs =
        data().path("groups").path(0).path("series").path(0).path("trials").path(0).path("epochs");
    assertEquals("[1.0,2.0]", epochs.path("epoch").toString());
    assertEquals("[0.5,0.98]", epochs.path("paper").toString());
    assertEquals("[1.5,0.5]", epochs.path("loss").toString(), "the training loss of the epoch");
  }

  @Test
  void drawsAPictureOfEachTask() throws IOException {
    Report.write(out);
    assertTrue(Files.size(out.resolve("mnist.png")) > 5_000);
  }

  @Test
  void opensOfflineAndEscapes() throws IOException {
    String html = Files.readString(Report.write(out));
    assertFalse(
        Pattern.compile("(src|href)=[\"']https?:|@import|url\\(http").matcher(html).find(),
        "nothing is loaded");
    assertFalse(html.contains("</script><b>NaN"));
    assertEquals("</script><b>NaN", data().path("trials").path(6).path("failure").asText());
  }

  @Test
  void refusesAFolderWithoutResults() throws IOException {
    Files.delete(out.resolve("results.json"));
    InputException e = assertThrows(InputException.class, () -> Report.write(out));
    assertTrue(e.getMessage().contains("holds no results.json"), e.getMessage());
  }

  private JsonNode data() throws IOException {
    Matcher matcher = DATA.matcher(Files.readString(Report.write(out)));
    assertTrue(matcher.find());
    return new ObjectMapper().readTree(matcher.group(1));
  }

  private static JsonNode line(JsonNode table, String optimizer) {
    for (JsonNode line : table.path("lines")) {
      if (line.path("optimizer").asText().equals(optimizer)) {
        return line;
      }
    }
    throw new AssertionError("no line of " + optimizer + " in " + table);
  }
}
