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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two workers on Spark through the program's jar, and two of this machine's. */
@Timeout(300)
class SparkRanksIT {

  private static final String TINY =
      "--layers 1 --heads 2 --width 16 --context 16 --batch 4 --warmup-steps 2 --max-steps 20"
          + " --eval-interval 10 --save-interval 10 --threads 1 --workers 2";

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

  private byte[] weights(String out) throws Exception {
    Path checkpoints = folder.resolve(out).resolve("checkpoints");
    String latest = Files.readString(checkpoints.resolve("latest")).strip();
    return Files.readAllBytes(checkpoints.resolve(latest).resolve("model.safetensors"));
  }

  private Result train(String out, String... more) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"));
    command.add(Path.of("target", "pullback-cluster.jar").toString());
    command.addAll(List.of("train", "--data", text.toString()));
    command.addAll(List.of(TINY.split(" ")));
    command.addAll(List.of("--out", folder.resolve(out).toString()));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), printed);
  }
}
