package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts, failed starts and continued runs. */
class TrainCommandTest {

  @TempDir private Path folder;
  private Path text;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
    run = folder.resolve("run");
  }

  private String train(String more) {
    return "train --data %s --out %s %s".formatted(text, run, InProcess.tiny(more));
  }

  /** Flags, and a part of the line that refuses them. */
  private static final Map<String, String> REFUSED_AT_RESUME =
      Map.of(
          "--lr 0 --heads 1", "--heads may not change at --resume: the run has 2, not 1;",
          "--seed 7", "--seed may not change at --resume: the run has 1337, not 7;",
          "--optimizer lion",
              "--optimizer may not change at --resume: the run has adamw, not lion;",
          "--xi 0.5", "--xi may not change at --resume: the run has none, not 0.5;",
          "--preset paper",
              "--preset may not change at --resume: the run has nanogpt-cpu, not paper;",
          "--dataset plays", "--dataset may not change at --resume: the run has none, not plays;",
          "--warmup-steps 6", "warmup-steps must be fewer than the run's 6 steps, but is 6",
          "--max-steps 9 --epochs 2", "max-steps and epochs exclude each other",
          "--config x.yaml", "--resume takes the run's own configuration, not --config");

  private static final Map<String, String> REFUSED_AT_START =
      Map.of(
          "--warmup-steps 6", "warmup-steps must be fewer than the run's 6 steps, but is 6",
          "--order epochs --epochs 1 --warmup-steps 999",
              "warmup-steps must be fewer than the run's",
          "--max-tokens 128", "warmup-steps must be fewer than the run's 2 steps, but is 2",
          "--epochs 1", "epochs go",
          "--order epochs --batch 1000", "an epoch of ",
          "--context 4096", "too short",
          "--data-sha256 abc", "this was trained on another text or other data than the text file");

  @Test
  void resumeRefusesAndChangesNothing() throws IOException {
    InProcess.run(train(""));
    Map<String, Integer> before = InProcess.content(folder);
    REFUSED_AT_RESUME.forEach(
        (flags, message) -> {
          String line = InProcess.refused("train --resume --out " + run + " " + flags);
          assertTrue(line.contains(message), line);
        });
    assertEquals(before, InProcess.content(folder));
  }

  @Test
  void startsAgainWhereStartsFailed() {
    REFUSED_AT_START.forEach(
        (flags, message) -> {
          String line = InProcess.refused(train(flags));
          assertTrue(line.contains(message), line);
        });
    InProcess.run(train(""));
    assertTrue(Files.exists(run.resolve("checkpoints/step-00000006")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--max-restarts 3",
        "--worker-timeout 60",
        "--compare-interval 0",
        "--bind 127.0.0.1"
      })
  void whatOnlyWorkersTakeIsNotIgnored(String flag) {
    String name = flag.substring(0, flag.indexOf(' '));
    assertEquals("pullback: " + name + " goes with --workers", InProcess.refused(train("") + flag));
    assertTrue(Files.notExists(run));
  }

  @ParameterizedTest
  @CsvSource({"mnist,paper-mnist", "regression,paper-regression", "beale,paper-lowdim"})
  void mixedPrecisionIsNotIgnored(String task, String preset) {
    String line = "train --task %s --preset %s --out %s".formatted(task, preset, run);
    assertEquals(
        "pullback: " + task + " is computed in float32; leave out precision",
        InProcess.refused(line + " --precision mixed"));
    assertTrue(Files.notExists(run));
  }

  @ParameterizedTest
  @CsvSource({
    "text, --beta 0 --components 2, the loss of text has one component; leave out components",
    "regression, --beta 0 --components 3, the loss of regression has one component; leave out components",
    "beale, --beta 0 --components 2, the loss of beale has one component; leave out components",
    "cifar10, --beta 0 --components 2, the loss of cifar10 has one component; leave out components",
    "mnist, --beta 0 --components 3, 'the loss of mnist has 2 components, but components is 3'",
    "mnist, --beta 0 --components 2 --accumulate 2, components takes one batch a step; leave out accumulate",
    "mnist, --beta 0.5 --components 2, 'beta must be 0 for the exact form, a cross term or components, which take no smoothing, but is 0.5'",
  })
  void componentsAreThoseOfTheTask(String task, String flags, String message) {
    String line = "train --optimizer sgd_rms --task %s --out %s %s".formatted(task, run, flags);
    String presets = task.equals("beale") ? " --preset paper-lowdim" : "";
    assertEquals("pullback: " + message, InProcess.refused(line + presets));
    assertTrue(Files.notExists(run));
  }

  @Test
  void resumeWritesDownWhatItChanges() throws IOException {
    InProcess.run(train(""));
    String resume = "train --resume --out " + run;
    Map<String, Integer> before = InProcess.content(run);
    InProcess.run(resume);
    assertEquals(before, InProcess.content(run), "a complete run stays as it is");
    assertTrue(Files.readString(run.resolve("config.yaml")).contains("eps: 1.0E-8"));
    InProcess.run(resume + " --eps 1e-8");
    assertEquals(before, InProcess.content(run), "that is the default");

    InProcess.run(resume + " --max-steps 8 --lr 5e-4 --batch 2 --seed 1337");
    InProcess.run(resume + " --max-tokens 320");
    assertEquals(
        List.of(
            "{\"step\":6,\"batch\":{\"from\":\"4\",\"to\":\"2\"},"
                + "\"lr\":{\"from\":\"0.003\",\"to\":\"5.0E-4\"},"
                + "\"max-steps\":{\"from\":\"6\",\"to\":\"8\"}}",
            "{\"step\":8,\"max-steps\":{\"from\":\"8\",\"to\":null},"
                + "\"max-tokens\":{\"from\":null,\"to\":\"320\"}}"),
        Files.readAllLines(run.resolve("changes.jsonl")));
    List<String> config = Files.readAllLines(run.resolve("config.yaml"));
    assertTrue(config.containsAll(List.of("max-tokens: 320", "batch: 2", "lr: 5.0E-4")));
    assertFalse(config.toString().contains("max-steps"), config.toString());
    assertTrue(
        InProcess.metrics(run).stream().anyMatch(line -> line.startsWith("{\"step\":10,")),
        "320 tokens of 2 * 16 a step");
  }

  @Test
  void endsInTimeAndGoesOn() throws IOException {
    Path whole = folder.resolve("whole");
    InProcess.run(train("").replace(run.toString(), whole.toString()));
    String out = InProcess.run(train("--max-seconds 1e-9"));
    assertTrue(out.contains("Validation loss"), out);
    assertTrue(Files.exists(run.resolve("checkpoints/step-00000001/model.safetensors")));
    List<String> first = InProcess.metrics(run);
    assertEquals(2, first.size(), "a step and an evaluation: " + first);
    InProcess.run("train --resume --max-seconds 0 --out " + run);
    List<String> metrics = new ArrayList<>(InProcess.metrics(run));
    assertEquals(first.get(1), metrics.remove(1));
    assertEquals(InProcess.metrics(whole), metrics);
  }

  /** What a kill leaves of a run that saves at its end only. */
  @Test
  void measurementsWithoutACheckpointAreNotOverwritten() throws IOException {
    Path own = Files.createDirectory(run);
    Files.writeString(own.resolve("config.yaml"), "lr: 0.1\n");
    Files.writeString(own.resolve("metrics.jsonl"), "{\"step\":1,\"split\":\"train\"}\n");
    Files.createFile(own.resolve("lock"));
    Map<String, Integer> before = InProcess.content(run);
    assertEquals(
        "pullback: " + run + " is not empty; choose another --out", InProcess.refused(train("")));
    String resumed = InProcess.refused("train --resume --out " + run);
    assertTrue(resumed.contains("no checkpoint to continue from"), resumed);
    assertEquals(before, InProcess.content(run));
  }

  @Test
  void aRunFindsItsDataFolderFromElsewhere() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    InProcess.run(train("--data-dir none"));
    Path config = run.resolve("config.yaml");
    assertTrue(Files.readString(config).contains("" + here.resolve("none")));
    InProcess.run("train --resume --data-dir other --out " + run);
    assertTrue(Files.readString(config).contains("" + here.resolve("other")));
  }

  @Test
  void keepsWhatWasAskedFor() throws IOException {
    InProcess.run(train("--lr 0 --max-steps 10 --save-interval 1 --keep-last 1 --keep-every 4"));
    try (var checkpoints = Files.list(run.resolve("checkpoints"))) {
      assertEquals(
          List.of(
              "best",
              "latest",
              "step-00000000",
              "step-00000003",
              "step-00000004",
              "step-00000008",
              "step-00000010"),
          checkpoints.map(path -> path.getFileName().toString()).sorted().toList());
    }
    assertEquals("step-00000003", Files.readString(run.resolve("checkpoints/best")).strip());
  }

  @Test
  void anEvaluationMayTakeAFewBatches() throws IOException {
    InProcess.run(train("--lr 0 --eval-iters 1 --log-interval 100"));
    List<String> lines = InProcess.metrics(run);
    assertEquals(2, lines.size());
    assertEquals(
        lines.get(0).replaceAll("\"(step|tokens)\":\\d+", ""),
        lines.get(1).replaceAll("\"(step|tokens)\":\\d+", ""),
        "always the same windows");
    InProcess.run("train --resume --max-steps 9 --eval-iters 0 --out " + run);
    String all = InProcess.metrics(run).get(2);
    assertFalse(all.contains(lines.get(0).replaceAll(".*\"loss\":([^,]*),.*", "$1")), all);
  }
}
