package dev.pullback.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks in processes of their own; one process has one communicator. */
@Timeout(120)
class RabitCollectiveTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static Process start(Class<?> program, Object... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String output(Process process) throws Exception {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return text;
  }

  @Test
  void aProgramOfTwentyLinesTrainsOnTwoProcesses() throws Exception {
    try (MeetingPoint meeting = MeetingPoint.open(2, "127.0.0.1", PATIENCE)) {
      Process first = start(EasyTrainProgram.class, meeting.port(), 0);
      Process second = start(EasyTrainProgram.class, meeting.port(), 1);
      String one = output(first);
      String two = output(second);
      assertEquals(0, first.exitValue(), one);
      assertEquals(0, second.exitValue(), two);
      assertTrue(one.contains("steps 40 loss 0."), one);
      assertEquals(last(one), last(two));
    }
  }

  private static String last(String text) {
    return text.strip().lines().reduce((a, b) -> b).orElseThrow();
  }

  /** Three ranks: one is killed, the others must say so at once. */
  @Test
  void aRankThatDiesIsTheEndForAll() throws Exception {
    try (MeetingPoint meeting = MeetingPoint.open(3, "127.0.0.1", PATIENCE)) {
      Process victim = start(Summing.class, meeting.port(), 2);
      List<Process> others =
          List.of(start(Summing.class, meeting.port(), 0), start(Summing.class, meeting.port(), 1));
      // XGBoost says something of its own first.
      assertTrue(victim.inputReader().lines().anyMatch(Summing.READY::equals));
      victim.destroyForcibly();
      long begin = System.nanoTime();
      for (Process other : others) {
        String text = output(other);
        assertTrue(text.contains("another rank is gone"), text);
        assertTrue(text.contains("unchanged"), text);
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
      assertTrue(seconds < 30, "after " + seconds + " s");
    }
  }

  /** A machine that is cut off looks like this; XGBoost itself would wait for ever. */
  @Test
  void aRankThatDoesNotAnswerIsTheEndForAll() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "there is no /bin/kill to stop a process");
    try (MeetingPoint meeting = MeetingPoint.open(2, "127.0.0.1", PATIENCE)) {
      Process victim = start(Summing.class, meeting.port(), 1);
      try {
        Process other = start(Summing.class, meeting.port(), 0);
        assertTrue(victim.inputReader().lines().anyMatch(Summing.READY::equals));
        new ProcessBuilder("/bin/kill", "-STOP", Long.toString(victim.pid())).start().waitFor();
        String text = output(other);
        assertTrue(text.contains("another rank is gone or does not answer"), text);
        assertTrue(text.contains("within 4 s"), text);
        assertEquals(3, other.exitValue(), "the process must be able to end");
      } finally {
        victim.destroyForcibly();
      }
    }
  }

  @Test
  void oneRankIsEnough() throws IOException {
    try (MeetingPoint meeting = MeetingPoint.open(1, "127.0.0.1", PATIENCE);
        RabitCollective alone =
            RabitCollective.join(meeting.host(), meeting.port(), 0, PATIENCE, PATIENCE)) {
      float[] values = {1, Float.NaN, -0.5f};
      alone.sum(values);
      assertArrayEquals(new float[] {1, Float.NaN, -0.5f}, values);
      assertEquals(1, alone.size());
    }
  }

  @Test
  void nobodyThereIsOneLine() {
    IOException e =
        assertThrows(
            IOException.class,
            () -> RabitCollective.join("127.0.0.1", 1, 0, Duration.ofSeconds(1), PATIENCE));
    assertTrue(e.getMessage().contains("127.0.0.1:1"), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    e =
        assertThrows(
            IOException.class, () -> MeetingPoint.open(1, "192.0.2.1", Duration.ofSeconds(1)));
    assertTrue(e.getMessage().contains("192.0.2.1: Failed to bind socket"), e.getMessage());
  }

  /** Sums until that fails: {@code PORT RANK}. */
  static final class Summing {

    static final String READY = "ready";

    private Summing() {}

    public static void main(String[] args) throws IOException {
      int rank = Integer.parseInt(args[1]);
      RabitCollective ranks =
          RabitCollective.join(
              "127.0.0.1", Integer.parseInt(args[0]), rank, PATIENCE, Duration.ofSeconds(4));
      float[] values = new float[10_000];
      for (int i = 0; ; i++) {
        Arrays.fill(values, rank);
        try {
          ranks.sum(values);
        } catch (IOException e) {
          System.out.println(e.getMessage());
          System.out.println(values[0] == rank && values[9_999] == rank ? "unchanged" : "changed");
          System.exit(3);
        }
        if (i == 10) {
          System.out.println(READY);
        }
      }
    }
  }
}
