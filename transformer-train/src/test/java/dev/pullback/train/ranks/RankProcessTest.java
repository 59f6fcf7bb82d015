package dev.pullback.train.ranks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.OutputStream;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of a process's output. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no cat")
class RankProcessTest {

  @TempDir private Path folder;

  /** Characters of two bytes, after one of one: any even number of bytes ends within one. */
  @Test
  void lastWordsAreWhole() throws Exception {
    Path words = Files.writeString(folder.resolve("words"), "x" + "é".repeat(5000));
    RankEnd end = new RankProcess(1, List.of("cat", words.toString()), 1, false).await();
    assertEquals("é".repeat(2000), end.message());
  }

  @Test
  void aPipeThatIsClosedIsNoFailure() throws Exception {
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
    try {
      RankProcess rank = new RankProcess(1, List.of("cat"), 1, false);
      rank.process().getInputStream().close();
      try (OutputStream in = rank.process().getOutputStream()) {
        in.write("wakes the reader".getBytes(StandardCharsets.UTF_8));
      }
      rank.await();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertEquals(List.of(), failures);
  }
}
