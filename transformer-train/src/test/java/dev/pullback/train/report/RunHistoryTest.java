package dev.pullback.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHistoryTest {

  private static final int POINTS = 200;
  private static final String METRICS = "metrics.jsonl";

  @TempDir private Path folder;

  @Test
  void aPageThatIsToldInPiecesHasWhatOneThatIsToldAtOnceHas() throws IOException {
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    RunHistory.Seen often = new RunHistory.Seen();
    List<double[]> points = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(3);
    long step = 0;
    for (int piece = 0; piece < 60; piece++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(100); i >= 0; i--) {
        text.append(train(++step, random.nextDouble(1, 5)));
      }
      append(METRICS, text.toString());
      history.read();
      take(history.since(often), points);
      assertNull(history.since(often), "nothing is told twice");
    }
    List<double[]> whole = new ArrayList<>();
    take(history.since(new RunHistory.Seen()), whole);
    assertTrue(whole.size() <= POINTS && whole.size() > POINTS / 4, whole.size() + " points");
    assertEquals(describe(whole), describe(points));
  }

  @Test
  void peaksStay() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int step = 1; step <= 20_000; step++) {
      text.append(train(step, step == 12_345 ? 99 : step == 777 ? -5 : 1));
    }
    append(METRICS, text.toString());
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    boolean more = true;
    while (more) {
      more = history.read();
    }
    List<double[]> points = new ArrayList<>();
    take(history.since(new RunHistory.Seen()), points);
    assertTrue(points.stream().anyMatch(p -> p[0] == 12_345 && p[1] == 99));
    assertTrue(points.stream().anyMatch(p -> p[0] == 777 && p[1] == -5));
    assertTrue(points.size() <= POINTS);
  }

  @Test
  void whatIsSaidBesideCurves() throws IOException {
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    assertFalse(history.read());
    append("config.yaml", "lr: 0.001\nlayers: 2\n  nested: 1\n");
    append(
        METRICS,
        train(1, 2)
            + "{\"step\":1,\"split\":\"validation\",\"loss\":1.5,\"tokens\":10,\"seconds\":0.5}\n"
            + "{\"step\":2,\"split\":\"validation\",\"loss\":1.75,\"tokens\":20,\"seconds\":1.0}\n"
            + "{\"split\":\"train\"}\n{\"step\":\"x\"}\n");
    append(RunHistory.SAMPLES, "{\"step\":1,\"text\":\"<b>\"}\n{\"step\":2,\"text\":7}\n");
    history.read();
    ObjectNode message = history.since(new RunHistory.Seen());
    assertEquals("0.001", message.path("config").path("lr").asText());
    assertEquals(2, message.path("config").size());
    assertEquals(1.5, message.path("best").asDouble());
    assertEquals(1.75, message.path("evaluated").path("loss").asDouble());
    assertEquals(1, message.path("samples").size());
    assertEquals("<b>", message.path("samples").get(0).path("text").asText());
  }

  @Test
  void accuraciesHaveACurveOfTheirOwn() throws IOException {
    append(METRICS, train(1, 2) + "{\"step\":1,\"split\":\"validation\",\"full\":0.5}\n");
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    history.read();
    JsonNode curves = history.since(new RunHistory.Seen()).path("curves");
    assertEquals("[1,0.5]", curves.path("score").path("points").toString());
    assertFalse(curves.has("validation"));
  }

  @Test
  void settingsThatAreChangedAtResumeAreTold() throws IOException {
    append("config.yaml", "lr: 0.001\n");
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    history.read();
    RunHistory.Seen seen = new RunHistory.Seen();
    history.since(seen);
    Files.writeString(folder.resolve("config.yaml"), "lr: 0.02\n");
    history.read();
    assertEquals("0.02", history.since(seen).path("config").path("lr").asText());
    history.read();
    assertNull(history.since(seen));
  }

  @Test
  void aResumedRunBeginsAnew() throws IOException {
    RunHistory history = new RunHistory("r", new RunFolder(folder), POINTS);
    RunHistory.Seen seen = new RunHistory.Seen();
    append(METRICS, train(1, 2) + train(2, 3));
    history.read();
    List<double[]> points = new ArrayList<>();
    take(history.since(seen), points);
    Files.writeString(folder.resolve(METRICS), train(1, 4));
    history.read();
    ObjectNode message = history.since(seen);
    assertTrue(message.path("restarted").asBoolean());
    take(message, points);
    assertEquals("1=4.0", describe(points));
  }

  @Test
  void thePageOfRunsIsOneFileThatNoTextEscapesFrom() throws IOException {
    Path run = Files.createDirectories(folder.resolve("a</script><script>alert(1)</script>"));
    Files.writeString(run.resolve(METRICS), train(1, 2));
    Files.writeString(run.resolve("config.yaml"), "data: </script><img src=x onerror=alert(2)>\n");
    String page = RunPage.of(List.of("a</script><script>alert(1)</script>"), List.of(run));
    assertFalse(page.contains("<script>alert"), "it is data");
    assertFalse(page.contains("<img src=x"), "it is data");
    String begin = "<script id=\"data\" type=\"application/json\">";
    String data = page.substring(page.indexOf(begin) + begin.length());
    JsonNode json = new ObjectMapper().readTree(data.substring(0, data.indexOf("</script>")));
    assertEquals(1, json.path("runs").size());
    assertTrue(json.path("events").isNull());
    assertFalse(page.contains("/*" + "data*/"), "all places are filled");
    assertThrows(
        InputException.class, () -> RunPage.of(List.of("x"), List.of(folder.resolve("x"))));
  }

  private static String train(long step, double loss) {
    return String.format(
        Locale.ROOT,
        "{\"step\":%d,\"split\":\"train\",\"loss\":%s,\"tokens\":%d,\"seconds\":%.4f}\n",
        step,
        loss,
        10 * step,
        0.01 * step);
  }

  /** What the page does with a message. */
  private static void take(ObjectNode message, List<double[]> points) {
    JsonNode loss = message.path("curves").path("loss");
    points.removeIf(point -> point[0] >= loss.path("from").asLong());
    JsonNode more = loss.path("points");
    for (int i = 0; i < more.size(); i += 2) {
      points.add(new double[] {more.get(i).asDouble(), more.get(i + 1).asDouble()});
    }
  }

  private static String describe(List<double[]> points) {
    StringBuilder text = new StringBuilder();
    points.forEach(point -> text.append((long) point[0]).append('=').append(point[1]).append(' '));
    return text.toString().strip();
  }

  private void append(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
