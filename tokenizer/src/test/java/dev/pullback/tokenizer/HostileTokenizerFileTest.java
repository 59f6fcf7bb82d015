package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Files that nobody vouches for are a tokenizer or are refused on one line. {@code
 * -Djqwik.tries.default=1000000} tries more of them.
 */
class HostileTokenizerFileTest {

  private static Path folder;
  private static Path file;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("hostile");
    file = folder.resolve("tokenizer.json");
  }

  @AfterContainer
  static void close() throws IOException {
    Files.deleteIfExists(file);
    Files.delete(folder);
  }

  @Provide
  Arbitrary<byte[]> damagedFiles() {
    return Arbitraries.randomValue(
        random -> {
          StringBuilder text = new StringBuilder("x");
          for (int i = random.nextInt(6); i > 0; i--) {
            text.appendCodePoint(random.nextInt(3) == 0 ? random.nextInt(0xd800) : ' ' + i);
          }
          CharTokenizer tokenizer = CharTokenizer.fromText(text);
          String json =
              (random.nextBoolean() ? tokenizer : tokenizer.withReplacement('x')).toJson();
          return new DamagedText(random).of(json);
        });
  }

  @Property
  void damagedFilesAreReadOrRefused(@ForAll("damagedFiles") byte[] content) throws IOException {
    isRead(content);
  }

  @Property
  void randomBytesAreRefused(@ForAll byte[] content) throws IOException {
    assertFalse(isRead(content));
  }

  private static boolean isRead(byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content);
    CharTokenizer read;
    try {
      read = CharTokenizer.load(file);
    } catch (IOException e) {
      assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
      assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
      return false;
    }
    assertEquals(read, CharTokenizer.fromJson(read.toJson()));
    assertTrue(read.vocabularySize() <= content.length);
    String all = new String(content, StandardCharsets.UTF_8);
    for (int id = 0; id < read.vocabularySize(); id++) {
      int codePoint = read.codePoint(id);
      assertEquals(id, read.encode(Character.toString(codePoint))[0], all);
    }
    return true;
  }
}
