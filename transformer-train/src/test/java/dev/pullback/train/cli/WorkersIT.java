package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.cli.CommandLines.Result;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs of several processes, one of which a test may kill. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class WorkersIT {

  private static final String TINY =
      "--layers 1 --heads 2 --width 16 --context 16 --batch 4 --warmup-steps 5 --eval-interval 20"
          + " --threads 1 --log-interval 1";

  @TempDir private Path folder;
  private CommandLines commands;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    commands = new CommandLines(folder);
    text = Files.writeString(folder.resolve("text.txt"), "Line 3: a summer's day?\n".repeat(200));
  }

  private List<String> train(String out, int steps, String... more) {
    List<String> line = new ArrayList<>(List.of("train", "--data", text.toString()));
    line.addAll(List.of(TINY.split(" ")));
    line.addAll(List.of("--max-steps", "" + steps, "--out", folder.resolve(out).toString()));
    line.addAll(List.of(more));
    return line;
  }

  private List<JsonNode> losses(String out) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(out).resolve("metrics.jsonl"))) {
      JsonNode object = new ObjectMapper().readTree(line);
      if (object.path("split").asText().equals("train")) {
        lines.add(object);
      }
    }
    return lines;
  }

  private byte[] weights(String out) throws IOException {
    return Files.readAllBytes(
        new RunFolder(folder.resolve(out)).latest().orElseThrow().file("model.safetensors"));
  }

  @Test
  void theNumberOfWorkersIsNoHyperparameter() throws Exception {
    Result one = commands.run(train("one", 20));
    assertEquals(0, one.status(), one.output());
    Result four =
        commands.run(
            train("four", 20, "--workers=4", "--compare-interval=5", "--serve=0", "--tensorboard"));
    assertEquals(0, four.status(), four.output());
    assertTrue(Files.exists(folder.resolve("four/samples.jsonl")), "the first worker has a page");
    try (Stream<Path> files = Files.list(folder.resolve("four"))) {
      assertEquals(
          1, files.filter(f -> f.getFileName().toString().startsWith("events.out.")).count());
    }
    assertTrue(four.output().contains("Validation loss"), four.output());
    List<JsonNode> expected = losses("one");
    List<JsonNode> losses = losses("four");
    assertEquals(20, losses.size());
    for (int i = 0; i < 20; i++) {
      double loss = expected.get(i).get("loss").asDouble();
      assertEquals(loss, losses.get(i).get("loss").asDouble(), 1e-5 * loss, "step " + (i + 1));
    }
    JsonNode last = losses.get(19);
    assertEquals(expected.get(19).get("tokens"), last.get("tokens"));
    double parts = last.get("waitSeconds").asDouble() + last.get("sumSeconds").asDouble();
    assertTrue(parts > 0 && parts < last.get("stepSeconds").asDouble(), last.toString());
  }

  @Test
  void aRankThatIsKilledChangesNothing() throws Exception {
    String[] two = {"--workers", "2", "--save-interval", "10", "--dropout", "0.1"};
    Result undisturbed = commands.run(train("undisturbed", 150, two));
    assertEquals(0, undisturbed.status(), undisturbed.output());
    Path out = folder.resolve("out");
    Process run = commands.start(train("killed", 150, two), out);
    CommandLines.waitForLines(folder.resolve("killed/metrics.jsonl"), 15, run);
    List<ProcessHandle> ranks = run.children().toList();
    assertEquals(2, ranks.size());
    ranks.get(1).destroyForcibly();
    int status = run.waitFor();
    String errors = Files.readString(folder.resolve(out.getFileName() + ".err"));
    assertEquals(0, status, errors);
    assertTrue(errors.contains("restart 1 of 3"), errors);
    assertArrayEquals(weights("undisturbed"), weights("killed"));
    assertEquals(150, losses("killed").size());
  }

  /** A rank that ends before the others have met leaves the run's configuration as it was. */
  @Test
  void aRestartKeepsTheFlagsOfAResume() throws Exception {
    Result first = commands.run(train("out", 20, "--workers", "2"));
    assertEquals(0, first.status(), first.output());
    Path log = folder.resolve("log");
    String out = folder.resolve("out").toString();
    Process run =
        commands.start(
            List.of("train", "--resume", "--out", out, "--workers", "2", "--max-steps", "30"), log);
    while (run.isAlive() && run.children().count() < 2) {
      Thread.onSpinWait();
    }
    run.children().findFirst().orElseThrow().destroyForcibly();
    int status = run.waitFor();
    String errors = Files.readString(folder.resolve(log.getFileName() + ".err"));
    assertEquals(0, status, errors);
    assertTrue(errors.contains("restart 1 of 3"), errors);
    assertEquals(30, losses("out").size());
  }

  @Test
  void badInputEndsAtOnce() throws Exception {
    Result odd = commands.run(train("odd", 9, "--workers", "3"));
    assertEquals(2, odd.status(), odd.output());
    assertTrue(odd.output().contains("4 cannot be divided among 3 workers"), odd.output());
    Result alone = commands.run(train("alone", 9, "--workers", "2", "--bind", "192.0.2.1"));
    assertEquals(1, alone.status(), alone.output());
    assertTrue(alone.output().contains("cannot listen on 192.0.2.1"), alone.output());
    Result divided =
        commands.run(
            List.of("train", "--task", "beale", "--preset", "paper-lowdim", "--workers", "2"));
    assertEquals(2, divided.status(), divided.output());
  }

  /** Workers on a cluster have a working directory of their own. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "env -C is GNU's")
  void relativePathsMeanTheSameToWorkers() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("a/b/c/d/e"));
    Path here = Path.of("").toAbsolutePath();
    Path config = folder.resolve("config.yaml");
    Files.writeString(config, "data: " + here.relativize(text) + "\nmax-steps: 20\n");
    Path out = here.relativize(folder.resolve("relative"));
    List<String> shared =
        List.of("--out=" + out, "--workers=1", "--worker-prefix=env -C " + elsewhere);
    List<String> begin = new ArrayList<>(List.of("train", "--config=" + here.relativize(config)));
    begin.addAll(shared);
    begin.addAll(List.of(TINY.split(" ")));
    Result first = commands.run(begin);
    assertEquals(0, first.status(), first.output());
    List<String> resume = new ArrayList<>(List.of("train", "--resume", "--max-steps=30"));
    resume.add("--data=" + here.relativize(text));
    resume.addAll(shared);
    Result second = commands.run(resume);
    assertEquals(0, second.status(), second.output());
    assertEquals(30, losses("relative").size());
  }

  /** What outlives its parent would train beside the next attempt. */
  @Test
  void ranksEndWithTheProcessThatStartedThem() throws Exception {
    assumeTrue(ProcessHandle.current().supportsNormalTermination(), "SIGKILL is Unix's");
    Process run = commands.start(train("orphans", 5000, "--workers", "2"), folder.resolve("o"));
    CommandLines.waitForLines(folder.resolve("orphans/metrics.jsonl"), 3, run);
    List<ProcessHandle> ranks = run.children().toList();
    assertEquals(2, ranks.size());
    run.destroyForcibly();
    for (ProcessHandle rank : ranks) {
      rank.onExit().get(60, TimeUnit.SECONDS);
    }
  }
}
