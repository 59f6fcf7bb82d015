package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.cli.CommandLines.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of the command line in processes of their own, which tests may kill. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TrainingIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TINY =
      "--layers 1 --heads 2 --width 16 --context 16 --batch 4 --warmup-steps 5 --eval-interval 20"
          + " --dropout 0.1 --threads 1";

  @TempDir private Path folder;
  private CommandLines commands;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    commands = new CommandLines(folder);
    StringBuilder verse = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      verse.append("Line ").append(i * 7919 % 1000).append(": shall I compare thee to a day?\n");
    }
    text = Files.writeString(folder.resolve("text.txt"), verse);
  }

  @Test
  void trainsEvaluatesAndSamples() throws Exception {
    Path out = folder.resolve("run");
    Result train = commands.run(train(out, 60, "sgd_rms"));
    assertEquals(0, train.status(), train.output());
    assertTrue(train.output().contains("Validation loss"), train.output());
    assertTrue(train.output().contains(out.toString()), train.output());
    List<ObjectNode> metrics = metrics(out);
    assertEquals(63, metrics.size(), "60 train and 3 validation lines");
    double first = metrics.get(0).get("loss").asDouble();
    double last = metrics.get(62).get("loss").asDouble();
    assertTrue(last < 0.8 * first, "loss " + first + " should fall, ended at " + last);
    assertTrue(metrics.get(5).has("metricScale") && metrics.get(5).has("trace"));

    List<String> sample =
        List.of("sample", "--run", out.toString(), "--prompt", "Line", "--tokens", "40");
    Result once = commands.run(sample);
    assertEquals(0, once.status(), once.output());
    assertTrue(once.text().startsWith("Line"), once.text());
    assertEquals("Line".length() + 40 + System.lineSeparator().length(), once.text().length());
    assertEquals(once.text(), commands.run(sample).text(), "the same seed gives the same text");

    Path picture = folder.resolve("loss.png");
    Result plot = commands.run(List.of("plot", "--out", picture.toString(), out.toString()));
    assertEquals(0, plot.status(), plot.output());
    assertTrue(Files.size(picture) > 5_000);
  }

  @Test
  void aKilledRunContinuesExactly() throws Exception {
    Path whole = folder.resolve("whole");
    assertEquals(0, commands.run(train(whole, 100, "adamw")).status());
    Path killed = folder.resolve("killed");
    Process process = commands.start(train(killed, 100, "adamw"), folder.resolve("killed.log"));
    CommandLines.waitForLines(killed.resolve("metrics.jsonl"), 50, process);
    process.destroyForcibly().waitFor();
    assertTrue(metrics(killed).size() < 105, "the run was killed too late");
    Result resumed = commands.run(List.of("train", "--resume", "--out", killed.toString()));
    assertEquals(0, resumed.status(), resumed.output());
    assertEquals(withoutTimes(whole), withoutTimes(killed));
  }

  @Test
  void anInterruptedRunSavesAndSaysHowToContinue() throws Exception {
    Path out = folder.resolve("run");
    Path log = folder.resolve("run.log");
    Process process = commands.start(train(out, 100_000, "sgd_metric"), log);
    CommandLines.waitForLines(out.resolve("metrics.jsonl"), 30, process);
    Result second = commands.run(List.of("train", "--resume", "--out", out.toString()));
    assertEquals(2, second.status(), second.output());
    assertTrue(second.output().contains("is being trained by another process"), second.output());
    process.destroy(); // SIGTERM; Ctrl-C takes the same way
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    String output = Files.readString(log);
    assertTrue(output.contains("Continue with: pullback train --resume --out"), output);
    Path state = checkpoint(out).resolve("state.json");
    long saved = JSON.readTree(state.toFile()).get("step").asLong();
    assertTrue(saved >= 28, "the checkpoint is that of the last step, not of step 20: " + saved);
    Result resumed =
        commands.run(
            List.of("train", "--resume", "--out", out.toString(), "--max-steps", "" + (saved + 5)));
    assertEquals(0, resumed.status(), resumed.output());
    List<ObjectNode> metrics = metrics(out);
    assertEquals(saved + 5, metrics.get(metrics.size() - 1).get("step").asLong());
  }

  /** The evaluation takes seconds; it is given up at once, and done when the run goes on. */
  @Test
  void anInterruptedEvaluationIsDoneAgain() throws Exception {
    Files.writeString(text, Files.readString(text).repeat(40));
    Path whole = folder.resolve("whole");
    assertEquals(0, commands.run(train(whole, 30, "adamw")).status());
    Path out = folder.resolve("run");
    Path log = folder.resolve("run.log");
    Process process = commands.start(train(out, 30, "adamw"), log);
    CommandLines.waitForLines(out.resolve("metrics.jsonl"), 20, process);
    process.destroy();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertTrue(Files.readString(log).contains("Stopped after step 20."), Files.readString(log));
    assertEquals(20, metrics(out).size(), "the evaluation was not waited for");
    Result resumed = commands.run(List.of("train", "--resume", "--out", out.toString()));
    assertEquals(0, resumed.status(), resumed.output());
    assertEquals(withoutTimes(whole), withoutTimes(out));
  }

  @Test
  void refusesACheckpointThatIsCutOffOrOfAnotherText() throws Exception {
    Path out = folder.resolve("run");
    assertEquals(0, commands.run(train(out, 20, "lion")).status());
    for (String name : List.of("model.safetensors", "optimizer.safetensors", "state.json")) {
      Path file = checkpoint(out).resolve(name);
      byte[] good = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(good, good.length / 2));
      Result resumed = commands.run(List.of("train", "--resume", "--out", out.toString()));
      assertEquals(2, resumed.status(), resumed.output());
      assertTrue(resumed.output().contains(name), resumed.output());
      assertFalse(resumed.output().contains("\tat "), resumed.output());
      Files.write(file, good);
    }
    Files.writeString(text, "x", StandardOpenOption.APPEND);
    Result other = commands.run(List.of("train", "--resume", "--out", out.toString()));
    assertEquals(2, other.status(), other.output());
    assertTrue(other.output().contains("another text"), other.output());
  }

  private static Path checkpoint(Path out) throws IOException {
    Path checkpoints = out.resolve("checkpoints");
    return checkpoints.resolve(Files.readString(checkpoints.resolve("latest")).strip());
  }

  private List<String> train(Path out, int steps, String optimizer) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data",
                text.toString(),
                "--out",
                out.toString(),
                "--optimizer",
                optimizer,
                "--max-steps",
                "" + steps,
                "--lr",
                optimizer.equals("sgd_metric") ? "0.1" : "0.01"));
    arguments.addAll(List.of(TINY.split(" ", -1)));
    return arguments;
  }

  private static List<ObjectNode> metrics(Path out) throws IOException {
    List<ObjectNode> metrics = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      metrics.add((ObjectNode) JSON.readTree(line));
    }
    return metrics;
  }

  private static List<ObjectNode> withoutTimes(Path out) throws IOException {
    List<ObjectNode> metrics = metrics(out);
    metrics.forEach(line -> line.remove("seconds"));
    return metrics;
  }
}
