package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --serve}, {@code --tensorboard} and {@code report}. */
class WatchCommandsTest {

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
  }

  @Test
  void aWatchedRunIsTheSameRun() throws IOException {
    Path plain = folder.resolve("plain");
    Path watched = folder.resolve("watched");
    InProcess.run(train(plain, ""));
    InProcess.run(train(watched, "") + " --tensorboard --serve 0");
    assertEquals(lines(plain.resolve("metrics.jsonl")), lines(watched.resolve("metrics.jsonl")));
    List<JsonNode> samples = lines(watched.resolve("samples.jsonl"));
    assertEquals(List.of(3, 6), samples.stream().map(s -> s.path("step").asInt()).toList());
    assertFalse(samples.get(0).path("text").asText().isEmpty());
    assertEquals(1, eventFiles(watched));
    assertEquals(0, eventFiles(plain));
    InProcess.run(
        "train --resume --max-steps 9 --out "
            + watched
            + " --tensorboard --serve 0 --serve-address 127.0.0.1");
    samples = lines(watched.resolve("samples.jsonl"));
    assertEquals(List.of(3, 6, 9), samples.stream().map(s -> s.path("step").asInt()).toList());
    assertEquals(2, eventFiles(watched));
    Path page = folder.resolve("page.html");
    InProcess.run("report --out " + page + " " + watched + " " + plain);
    String html = Files.readString(page);
    assertTrue(html.contains("\"run\":\"watched\"") && html.contains("\"run\":\"plain\""));
  }

  /** As {@code sample} writes of the checkpoint. */
  @Test
  void samplesAreOfTheAverageOfTheWeights() throws IOException {
    Files.writeString(text, "To be,\nor not to be. ".repeat(50));
    Path run = folder.resolve("average");
    String average = " --lr 0.1 --max-steps 6 --ema-decay 0.9 --dropout 0";
    String printed = InProcess.run(train(run, average) + " --serve 0");
    String sample = "sample --temperature 0.8 --top-k 0 --seed 1 --run " + run + " --tokens ";
    String whole = InProcess.run(sample + "256").strip();
    assertTrue(printed.contains(whole), printed + " has not " + whole);
    List<JsonNode> samples = lines(run.resolve("samples.jsonl"));
    String last = samples.get(samples.size() - 1).path("text").asText().strip();
    assertEquals(InProcess.run(sample + "100").strip(), last);
  }

  @Test
  void whatDoesNotFitIsOneLineAndNothingIsWritten() throws IOException {
    Path out = folder.resolve("run");
    assertHas(
        "--serve-address needs --serve",
        InProcess.refused(train(out, "--serve-address 127.0.0.1")));
    assertHas("a port from 0 to 65535", InProcess.refused(train(out, "--serve 65536")));
    assertHas(
        "no address of this machine",
        InProcess.refused(train(out, "--serve 0 --serve-address no.such.host.invalid")));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertHas("port " + port, InProcess.refused(train(out, "--serve " + port)));
    }
    assertFalse(Files.exists(out));
    assertHas("ends with .html", InProcess.refused("report --out x.png " + folder));
    assertHas("holds no run", InProcess.refused("report --out x.html " + folder));
  }

  private String train(Path out, String more) {
    return "train --data %s --out %s %s".formatted(text, out, InProcess.tiny(more));
  }

  private static void assertHas(String part, String line) {
    assertTrue(line.contains(part), line);
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      ObjectNode object = (ObjectNode) new ObjectMapper().readTree(line);
      object.remove("seconds");
      lines.add(object);
    }
    return lines;
  }

  private static long eventFiles(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      return files.filter(f -> f.getFileName().toString().contains("tfevents")).count();
    }
  }
}
