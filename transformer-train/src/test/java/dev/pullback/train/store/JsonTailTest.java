package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTailTest {

  @TempDir private Path folder;
  private Path file;
  private JsonTail tail;

  @BeforeEach
  void start() {
    file = folder.resolve("metrics.jsonl");
    tail = new JsonTail(file);
  }

  @Test
  void everyLineIsReadOnce() throws IOException {
    assertEquals(List.of(), steps());
    append("{\"step\":1}\n{\"step\":2}\n{\"ste");
    assertEquals(List.of(1L, 2L), steps());
    assertEquals(List.of(), steps());
    append("p\":3}\n");
    assertEquals(List.of(3L), steps());
  }

  @Test
  void damagedLinesAreLeftOut() throws IOException {
    append("nonsense\n[1]\n\n{\"step\":1,\"step\":2}\n{\"step\":4}\n");
    assertEquals(List.of(4L), steps());
  }

  @Test
  void aResumedRunIsReadAnew() throws IOException {
    append("{\"step\":1}\n{\"step\":2}\n");
    assertFalse(tail.read().restarted());
    Path other = Files.writeString(folder.resolve("other"), "{\"step\":1}\n{\"step\":9}\n");
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    JsonTail.News news = tail.read();
    assertTrue(news.restarted(), "the file is another one, of the same length");
    assertEquals(2, news.objects().size());
    Files.writeString(file, "{\"step\":5}\n");
    news = tail.read();
    assertTrue(news.restarted(), "the file is shorter");
    assertEquals(5, news.objects().get(0).get("step").asLong());
    Files.delete(file);
    assertTrue(tail.read().restarted(), "the file is gone");
    assertFalse(tail.read().restarted(), "that was said");
  }

  @Test
  void aCallReadsAMebibyte() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int step = 1; text.length() < 3 << 20; step++) {
      text.append("{\"step\":").append(step).append("}\n");
    }
    append(text.toString());
    long read = 0;
    JsonTail.News news = tail.read();
    assertTrue(news.more());
    while (news.more()) {
      read += news.objects().size();
      news = tail.read();
    }
    assertEquals(text.chars().filter(c -> c == '\n').count(), read + news.objects().size());
  }

  @Test
  void aLineWithoutEndIsPassed() throws IOException {
    append("{\"text\":\"" + "x".repeat(3 << 20) + "\"}\n{\"step\":7}\n");
    assertEquals(List.of(7L), steps());
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private List<Long> steps() throws IOException {
    List<Long> steps = List.of();
    boolean more = true;
    while (more) {
      JsonTail.News news = tail.read();
      more = news.more();
      steps = news.objects().stream().map(object -> object.path("step").asLong()).toList();
    }
    return steps;
  }
}
