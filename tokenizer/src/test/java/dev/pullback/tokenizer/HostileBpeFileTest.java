package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Files that nobody vouches for are a tokenizer, or are refused on one line. */
class HostileBpeFileTest {

  private static final List<String> FILES =
      List.of(
          json(SplitPattern.GPT2),
          json(SplitPattern.CL100K),
          json(new SplitPattern("[^\\s\\p{L}]+|\\p{L}{1,5}(?!x)")),
          json(SplitPattern.QWEN2)
              .replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}")
              .replace(
                  "\"post_processor\":null",
                  "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":"
                      + "[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\","
                      + "\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\","
                      + "\"ids\":[0],\"tokens\":[\"<s>\"]}}}"));

  private static Path folder;
  private static Path file;

  private static String json(SplitPattern pattern) {
    return BpeTrainer.builder()
        .setVocabularySize(262)
        .optSpecialTokens("<s>")
        .optPattern(pattern)
        .build()
        .trainOnTexts(List.of("the then there").iterator())
        .toJson();
  }

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

  /** Damage in the bytes of the alphabet, most of the file, is no more likely than elsewhere. */
  @Provide
  Arbitrary<byte[]> damagedFiles() {
    return Arbitraries.randomValue(
        random -> {
          String json = FILES.get(random.nextInt(FILES.size()));
          int start = json.indexOf("\"#\"");
          int end = json.indexOf("\"\u0143\"");
          String alphabet = json.substring(start, end);
          String mark = "\"@@@\":0,";
          byte[] damaged = new DamagedText(random).of(json.replace(alphabet, mark));
          return new String(damaged, StandardCharsets.ISO_8859_1)
              .replace(mark, latin1(alphabet))
              .getBytes(StandardCharsets.ISO_8859_1);
        });
  }

  private static String latin1(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void damagedFilesAreReadOrRefused(@ForAll("damagedFiles") byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content);
    BpeTokenizer read;
    try {
      read = BpeTokenizer.load(file);
    } catch (IOException e) {
      assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
      assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
      return;
    }
    assertEquals(read, BpeTokenizer.fromJson(read.toJson()));
    String text = " then\nthe caf\u00e9 " + new Random(1).nextLong();
    String decoded = read.decode(read.encodeOrdinary(text));
    assertTrue(decoded.endsWith(text) || !read.addedTokens().isEmpty(), decoded);
  }
}
