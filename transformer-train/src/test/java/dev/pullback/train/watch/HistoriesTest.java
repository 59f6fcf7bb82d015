package dev.pullback.train.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoriesTest {

  @TempDir private Path folder;

  /** A trial that a halving lets go on is running again after a while. */
  @Test
  void aRunThatComesBackIsToldAnew() throws IOException {
    Map<String, Path> running = new LinkedHashMap<>();
    AtomicLong clock = new AtomicLong(1);
    Histories histories = new Histories(() -> running, clock::get);
    Histories.Seen seen = new Histories.Seen();
    running.put("trial", folder);
    Files.writeString(folder.resolve("config.yaml"), "lr: 0.1\n");
    Files.writeString(folder.resolve("metrics.jsonl"), lines(2));
    ObjectNode first = only(histories, seen);
    assertTrue(first.path("restarted").asBoolean());

    running.clear();
    clock.addAndGet(TimeUnit.SECONDS.toNanos(6));
    assertEquals(List.of(), histories.since(seen, false).messages());

    running.put("trial", folder);
    Files.writeString(folder.resolve("metrics.jsonl"), lines(3));
    clock.addAndGet(TimeUnit.SECONDS.toNanos(6));
    ObjectNode again = only(histories, seen);
    assertTrue(again.path("restarted").asBoolean());
    assertEquals(6, again.path("curves").path("loss").path("points").size());
    Files.writeString(folder.resolve("metrics.jsonl"), lines(4));
    clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertFalse(only(histories, seen).has("restarted"));
  }

  private static ObjectNode only(Histories histories, Histories.Seen seen) throws IOException {
    List<ObjectNode> messages = histories.since(seen, false).messages();
    assertEquals(1, messages.size());
    return messages.get(0);
  }

  private static String lines(int steps) {
    StringBuilder lines = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      lines.append(WatchServerTest.line(step));
    }
    return lines.toString();
  }
}
