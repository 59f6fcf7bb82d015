package dev.pullback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small study through the program's jar, with and without Spark. */
@Timeout(600)
class SparkTrialsIT {

  private static final String PLAN =
      """
      base:
        preset: nanogpt-cpu
        data: %s
        threads: 1
        context: 16
        batch: 4
        heads: 2
        layers: 1
        width: 16
        max-steps: 6
        eval-interval: 3
        warmup-steps: 2
      tuning: {points: 2, seed: 9}
      evaluation: {seeds: [1, 2]}
      optimizers:
        adamw:
          optimizer: adamw
          search: {lr: [1e-3, 1e-1, log]}
      """;

  @TempDir private Path folder;

  private record Result(int status, String out) {}

  @Test
  void rowsAreTheSameWhereverTrialsRun() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path plan = Files.writeString(folder.resolve("plan.yaml"), PLAN.formatted(text));
    List<List<String>> places =
        List.of(
            List.of(),
            List.of("--master", "local[2]"),
            List.of("--master", "local[2]", "--results", folder.resolve("exchange").toUri() + ""));
    List<String> rows = null;
    for (int i = 0; i < places.size(); i++) {
      Path out = folder.resolve("study" + i);
      succeed(List.of("study", "plan", plan.toString(), "--out", out.toString()));
      List<String> arguments = new ArrayList<>(List.of("study", "run", "--out", out.toString()));
      arguments.addAll(places.get(i));
      succeed(arguments);
      rows = rows == null ? rows(out) : rows;
      assertEquals(4, rows.size());
      assertEquals(rows, rows(out), places.get(i).toString());
      String again = succeed(arguments);
      assertTrue(again.contains("The study is complete."), again);
    }
  }

  @Test
  void resultsOfAnotherStudyAreNotTaken() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    String first = PLAN.formatted(text);
    Exchange exchange = new Exchange(folder.resolve("exchange").toUri());
    String trial = "trials/tuning/base/adamw-000/seed-9";
    for (String plan : List.of(first, first, first.replace("max-steps: 6", "max-steps: 7"))) {
      Path file = Files.writeString(folder.resolve("plan.yaml"), plan);
      Path out = Files.createTempDirectory(folder, "study");
      succeed(List.of("study", "plan", file.toString(), "--out", out.toString()));
      if (plan.equals(first)) {
        exchange.offer(trial, out);
      } else {
        InputException e = assertThrows(InputException.class, () -> exchange.offer(trial, out));
        assertTrue(e.getMessage().contains("another max-steps; choose another --results"));
      }
    }
  }

  /** A reader, or one that is killed, must not meet half of a row. */
  @Test
  void resultsAreReplacedAsAWhole() throws IOException {
    Exchange exchange = new Exchange(folder.resolve("exchange").toUri());
    Path worker = Files.createDirectories(folder.resolve("worker/trial"));
    Path study = Files.createDirectories(folder.resolve("study/trial"));
    Files.writeString(worker.resolve("row.json"), "new");
    Path row = Files.writeString(study.resolve("row.json"), "old");
    Path opened = Files.createLink(folder.resolve("opened"), row);
    exchange.put("trial", worker.getParent());
    exchange.collect("trial", study.getParent());
    assertEquals("new", Files.readString(row));
    assertEquals("old", Files.readString(opened));
  }

  @Test
  void trialsThatAreStoppedSave() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    String endless =
        PLAN.formatted(text)
            .replace("max-steps: 6", "max-steps: 1000000\n  log-interval: 1")
            .replace("eval-interval: 3", "eval-interval: 1000000");
    Path plan = Files.writeString(folder.resolve("plan.yaml"), endless);
    Path out = folder.resolve("study");
    succeed(List.of("study", "plan", plan.toString(), "--out", out.toString()));
    Process run = start(List.of("study", "run", "--out", out.toString(), "--master", "local[1]"));
    Path trial = out.resolve("trials/tuning/base/adamw-000/seed-9");
    Path metrics = trial.resolve("metrics.jsonl");
    while (run.isAlive() && !(Files.exists(metrics) && Files.size(metrics) > 0)) {
      run.waitFor(10, TimeUnit.MILLISECONDS);
    }
    List<ProcessHandle> trials = run.children().toList();
    assertEquals(1, trials.size());
    run.toHandle().destroy();
    Result result = end(run);
    assertFalse(trials.get(0).isAlive(), result.out());
    String latest = Files.readString(trial.resolve("checkpoints/latest")).strip();
    assertEquals("step-%08d".formatted(Files.readAllLines(metrics).size()), latest, result.out());
  }

  /** The program of a worker whose Java dies by a signal. */
  @Test
  void whatDiesTwiceHasCrashed() throws IOException {
    Path count = folder.resolve("count");
    Outcome dead = task("echo x >>" + count + "; echo last words; kill -9 $$").call(WORK);
    assertEquals(Outcome.End.CRASHED, dead.end());
    assertTrue(dead.message().contains("137") && dead.message().contains("last words"));
    assertEquals(2, Files.readAllLines(count).size());
    assertEquals(Outcome.End.REFUSED, task("echo no data; exit 2").call(WORK).end());
    assertEquals(Outcome.End.STOPPED, task("exit 130").call(WORK).end());
    assertEquals(Outcome.End.COMPLETE, task("exit 0").call(WORK).end());
  }

  private static final Work WORK = new Work("trial", Work.TO_ITS_END);

  private TrialTask task(String script) {
    return new TrialTask(List.of("/bin/sh", "-c", script), folder.toString(), null);
  }

  @Test
  void aMasterThatIsNoneIsOneLine() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path plan = Files.writeString(folder.resolve("plan.yaml"), PLAN.formatted(text));
    String out = folder.resolve("study").toString();
    succeed(List.of("study", "plan", plan.toString(), "--out", out));
    Result result = run(List.of("study", "run", "--out", out, "--master", "nonsense"));
    assertEquals(2, result.status(), result.out());
    assertTrue(result.out().contains("cannot use the master nonsense"), result.out());
    assertFalse(result.out().contains("\tat "), result.out());
  }

  /** What each row says, but for times. */
  private static List<String> rows(Path out) throws IOException {
    try (Stream<String> lines = Files.lines(out.resolve("rows.jsonl"))) {
      return lines.map(line -> line.replaceAll("\"seconds\":[^,}]*", "")).toList();
    }
  }

  private String succeed(List<String> arguments) throws Exception {
    Result result = run(arguments);
    assertEquals(0, result.status(), result.out());
    return result.out();
  }

  private Result run(List<String> arguments) throws Exception {
    return end(start(arguments));
  }

  private static Result end(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out);
  }

  private static Process start(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"));
    command.add(Path.of("target", "pullback-cluster.jar").toString());
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
