package dev.pullback.train.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.tokenizer.DamagedText;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Files of options that nobody vouches for are a configuration, and the same one when it is written
 * and read again, or are refused on one line. {@code -Djqwik.tries.default=1000000} tries more.
 */
class HostileOptionsTest {

  private static Path folder;
  private static Path options;
  private static Path written;

  /** Of every option a value, of a configuration that is complete. */
  private static String complete;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("hostile");
    options = folder.resolve("options.yaml");
    written = folder.resolve("config.yaml");
    complete = RunConfig.resolve(null, new RunOptions()).toYaml();
  }

  @AfterContainer
  static void close() throws IOException {
    Files.deleteIfExists(options);
    Files.deleteIfExists(written);
    Files.delete(folder);
  }

  @Provide
  Arbitrary<byte[]> damagedFiles() {
    return Arbitraries.randomValue(
        random -> {
          List<String> lines = new ArrayList<>(complete.lines().toList());
          while (random.nextInt(4) > 0 && lines.size() > 1) {
            lines.remove(random.nextInt(lines.size()));
          }
          return new DamagedText(random).of(String.join("\n", lines) + "\n");
        });
  }

  /** Of a run, or to be layered over a preset. */
  @Property
  void damagedFilesAreReadOrRefused(@ForAll("damagedFiles") byte[] content, @ForAll boolean ofARun)
      throws IOException {
    write(options, content);
    isRead(() -> ofARun ? RunConfig.read(options) : RunConfig.resolve(options, new RunOptions()));
  }

  private static void isRead(Supplier<RunConfig> reader) throws IOException {
    RunConfig read;
    try {
      read = reader.get();
    } catch (InputException e) {
      assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
      return;
    }
    Files.deleteIfExists(written);
    Files.writeString(written, read.toYaml());
    assertEquals(read.values(), RunConfig.read(written).values());
  }

  private static void write(Path file, byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content);
  }
}
