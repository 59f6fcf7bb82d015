package dev.pullback.train.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.DamagedText;
import dev.pullback.train.InputException;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.MetricsFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Files of measurements that nobody vouches for are read or refused on one line; the run that goes
 * on with one leaves whole lines only. {@code -Djqwik.tries.default=1000000} tries more of them.
 */
class HostileMetricsTest {

  private static final int LAST_STEP = 5;

  private static Path folder;
  private static Path file;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("hostile");
    file = folder.resolve("metrics.jsonl");
  }

  @AfterContainer
  static void close() throws IOException {
    Files.deleteIfExists(file);
    Files.delete(folder);
  }

  private static String lines(Random random) {
    StringBuilder text = new StringBuilder();
    for (int step = 1; step <= random.nextInt(8); step++) {
      text.append(
          "{\"step\":%d,\"split\":\"%s\",\"loss\":%s,\"tokens\":%d}\n"
              .formatted(
                  step,
                  random.nextBoolean() ? "train" : "validation",
                  random.nextGaussian(),
                  random.nextInt(99)));
    }
    return text.toString();
  }

  @Provide
  Arbitrary<byte[]> damagedFiles() {
    return Arbitraries.randomValue(random -> new DamagedText(random).of(lines(random)));
  }

  @Property
  void damagedFilesAreReadOrRefused(@ForAll("damagedFiles") byte[] content) throws IOException {
    isRead(content);
  }

  @Property
  void randomBytesAreReadOrRefused(@ForAll byte[] content) throws IOException {
    isRead(content);
  }

  private static void isRead(byte[] content) throws IOException {
    write(content);
    try {
      for (MetricsFile.Point point : MetricsFile.losses(file, "train")) {
        assertTrue(point.step() >= 0);
        assertTrue(Double.isFinite(point.loss()));
      }
    } catch (InputException e) {
      assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
    }
  }

  /** What is whole stays in its order, and what is written next can be read. */
  @Property
  void aRunGoesOnWithWholeLines(@ForAll("damagedFiles") byte[] content) throws IOException {
    write(content);
    List<String> whole = lines();
    ObjectNode next = JsonNodeFactory.instance.objectNode().put("step", LAST_STEP + 1);
    try (JsonLines open = JsonLines.open(file, LAST_STEP)) {
      open.write(next);
    }
    List<String> kept = lines();
    kept.remove(""); // behind the last line feed
    assertEquals(next.toString(), kept.get(kept.size() - 1));
    int at = 0;
    for (String line : kept.subList(0, kept.size() - 1)) {
      while (at < whole.size() && !whole.get(at).equals(line)) {
        at++;
      }
      assertTrue(at < whole.size(), line);
      at++;
    }
    String before = Files.readString(file); // which is UTF-8 now
    JsonLines.open(file, LAST_STEP + 1).close();
    assertEquals(before, Files.readString(file), "nothing is left to be removed");
  }

  private static List<String> lines() throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    return new ArrayList<>(List.of(text.split("\n", -1)));
  }

  private static void write(byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content);
  }
}
