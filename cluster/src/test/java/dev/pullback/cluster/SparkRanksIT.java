package dev.pullback.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two workers on Spark through the program's jar, and two of this machine's. */
@Timeout(300)
class SparkRanksIT {

  private static final String TINY =
      "--layers 1 --heads 2 --width 16 --context 16 --batch 4 --warmup-steps 2 --threads 1"
          + " --workers 2";

  private static final String SHORT = "--max-steps 20 --eval-interval 10 --save-interval 10";

  /** Steps of seconds, and no checkpoint but that of the start. */
  private static final String SLOW =
      "--max-steps 1000 --eval-interval 1000 --save-interval 1000 --log-interval 1"
          + " --accumulate 300";

  @TempDir private Path folder;

  private record Result(int status, String out) {}

  @Test
  void ranksTrainTheSameWhereverTheyRun() throws Exception {
    Result local = train("local");
    assertEquals(0, local.status(), local.out());
    Result spark = train("spark", "--master", "local[2]");
    assertEquals(0, spark.status(), spark.out());
    assertTrue(spark.out().contains("Validation loss"), spark.out());
    assertArrayEquals(weights("local"), weights("spark"));
  }

  @Test
  void anAddressIsNeededThatOthersReach() throws Exception {
    Result result = train("none", "--master", "spark://127.0.0.1:1");
    assertEquals(2, result.status(), result.out());
    assertTrue(result.out().contains("needs --bind"), result.out());
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void whereThereIsNoRoomForAllIsOneLine() throws Exception {
    Result result = train("few", "--master", "local[1]");
    assertEquals(2, result.status(), result.out());
    assertTrue(
        result.out().contains("--master local[1] has room for fewer than --workers 2"),
        result.out());
    assertFalse(result.out().contains("restart"), result.out());
  }

  /** The driver waits for the step that they are in, and for the save. */
  @Test
  void ranksThatAreStoppedSave() throws Exception {
    Process run = start("stopped", SLOW, "--master", "local[2]");
    Path metrics = folder.resolve("stopped/metrics.jsonl");
    while (run.isAlive() && !(Files.exists(metrics) && Files.size(metrics) > 0)) {
      run.waitFor(10, TimeUnit.MILLISECONDS);
    }
    run.toHandle().destroy();
    Result result = end(run);
    assertEquals(128 + 15, result.status(), result.out());
    List<String> steps = Files.readAllLines(metrics);
    String latest = Files.readString(folder.resolve("stopped/checkpoints/latest")).strip();
    assertEquals("step-%08d".formatted(steps.size()), latest, result.out());
  }

  private byte[] weights(String out) throws Exception {
    Path checkpoints = folder.resolve(out).resolve("checkpoints");
    String latest = Files.readString(checkpoints.resolve("latest")).strip();
    return Files.readAllBytes(checkpoints.resolve(latest).resolve("model.safetensors"));
  }

  private Result train(String out, String... more) throws Exception {
    return end(start(out, SHORT, more));
  }

  private static Result end(Process process) throws Exception {
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), printed);
  }

  private Process start(String out, String steps, String... more) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"));
    command.add(Path.of("target", "pullback-cluster.jar").toString());
    command.addAll(List.of("train", "--data", text.toString()));
    command.addAll(List.of(TINY.split(" ")));
    command.addAll(List.of(steps.split(" ")));
    command.addAll(List.of("--out", folder.resolve(out).toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
