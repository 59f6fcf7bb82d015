package dev.pullback.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.data.InvalidUtf8;
import dev.pullback.train.data.TokenizerChoice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources and corpora that nobody vouches for: one line that says what is wrong, and where. */
class HostileCorpusTest {

  @TempDir private Path folder;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Path out() {
    return folder.resolve("out");
  }

  private static void assertRefused(Executable work, String... parts) {
    InputException e = assertThrows(InputException.class, work);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  private void assertPrepareRefuses(Path source, String... parts) {
    assertRefused(() -> TestCorpus.preparation(out(), TestCorpus.SETTINGS, source).run(), parts);
    assertFalse(Corpus.isPrepared(out()));
  }

  @Test
  void invalidUtf8IsRefusedWithItsOffset() throws IOException {
    byte[] text = "a good line\n".repeat(360_000).getBytes(StandardCharsets.UTF_8);
    text[4_300_000] = (byte) 0xE9;
    assertPrepareRefuses(
        file("latin.txt", text), "latin.txt", "malformed byte 0xE9 at offset 4300000");
  }

  @Test
  void invalidUtf8IsReplaced() throws IOException {
    Path source = file("bad.txt", new byte[] {'a', (byte) 0xFF, 'b', (byte) 0xE2, (byte) 0x82});
    Path other = file("good.txt", "good");
    Settings settings = TestCorpus.settings(InvalidUtf8.REPLACE);
    TestCorpus.preparation(out(), settings, source, other).run();
    Corpus corpus = Corpus.open(out(), null);
    String all =
        TestCorpus.text(corpus, corpus.tokens().train())
            + TestCorpus.text(corpus, corpus.tokens().validation());
    assertTrue(all.contains("a\uFFFDb\uFFFD"), all);
  }

  @Test
  void controlCharactersAreText() throws IOException {
    Path source = file("nul.txt", "\u0000\u0001\r\u2028\u0000".repeat(40));
    TestCorpus.preparation(out(), TestCorpus.SETTINGS, source).run();
    Corpus corpus = Corpus.open(out(), null);
    assertEquals(4, corpus.tokenizer().vocabularySize());
    assertEquals(180, corpus.tokens().train().length());
  }

  /** By default a small one; 200000000 with a heap of 256 MB is what was promised. */
  @Test
  void aLineOfManyPiecesIsOneDocument() throws IOException {
    int length = Integer.getInteger("pullback.corpus.line", 4_300_000);
    byte[] line = new byte[length];
    Arrays.fill(line, (byte) 'x');
    Path source = file("line.txt", line);
    Path other = file("other.txt", "y");
    Manifest manifest = TestCorpus.preparation(out(), TestCorpus.SETTINGS, source, other).run();
    assertEquals(2, manifest.train().documents() + manifest.validation().documents());
    assertEquals(length + 1, manifest.train().tokens() + manifest.validation().tokens());
  }

  @Test
  void withoutTextThereIsNoCorpus() throws IOException {
    assertPrepareRefuses(file("empty.txt", ""), "the sources hold no text");
    assertPrepareRefuses(file("one.txt", "a"), "the sources hold one character");
    Path same = Files.createDirectory(folder.resolve("same"));
    Files.writeString(same.resolve("a"), "copy");
    Files.writeString(same.resolve("b"), "copy");
    assertPrepareRefuses(same, "all 2 documents are the same");
  }

  @Test
  void ofOneDocumentTheLastTenthValidates() throws IOException {
    String text = "0123456789é".repeat(10);
    Manifest manifest =
        TestCorpus.preparation(out(), TestCorpus.SETTINGS, file("one.txt", text)).run();
    Corpus corpus = Corpus.open(out(), null);
    assertEquals(text.substring(0, 99), TestCorpus.text(corpus, corpus.tokens().train()));
    assertEquals(text.substring(99), TestCorpus.text(corpus, corpus.tokens().validation()));
    assertEquals(12, manifest.validation().bytes());
  }

  /** Two documents: whatever their hashes, each split has one. */
  @Test
  void noSplitIsEmpty() throws IOException {
    Path a = file("a.txt", "aaa");
    Path b = file("b.txt", "bbb");
    for (double share : new double[] {1e-9, 0.5, 1 - 1e-9}) {
      Path out = folder.resolve("out" + share);
      Settings settings = new Settings("char", 1, share, InvalidUtf8.REFUSE, "text", List.of());
      Manifest manifest = TestCorpus.preparation(out, settings, a, b).run();
      assertEquals(1, manifest.train().documents(), "share " + share);
      assertEquals(1, manifest.validation().documents(), "share " + share);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"text\":\"a\"}{\"other\":1} | an object has no text; name the text with --field",
        "{\"text\":1} | text is there twice or no string",
        "{\"text\":\"a\",\"text\":\"b\"} | text is there twice",
        "[\"a\"] | START_ARRAY is no JSON object",
        "{\"text\":\"a\" | is not JSON Lines in UTF-8",
        "{\"text\":\"\\ud800\"} | half a surrogate pair",
        "plain text | is not JSON Lines in UTF-8",
      })
  void jsonThatHasNoText(String line, String message) throws IOException {
    assertPrepareRefuses(file("bad.jsonl", line), "bad.jsonl", message);
  }

  @Test
  void jsonThatIsNotUtf8() throws IOException {
    byte[] line = "{\"text\":\"caf?\"}".getBytes(StandardCharsets.UTF_8);
    line[12] = (byte) 0xE9;
    assertPrepareRefuses(file("latin.jsonl", line), "latin.jsonl is not JSON Lines in UTF-8");
  }

  @Test
  void jsonIsDecodedAsTextsAre() throws IOException {
    byte[] overlong = "{\"text\":\"a??b\"}".getBytes(StandardCharsets.UTF_8);
    overlong[10] = (byte) 0xC1;
    overlong[11] = (byte) 0x81;
    assertPrepareRefuses(file("overlong.jsonl", overlong), "overlong.jsonl is not JSON Lines");
    String lines = "\uFEFF{\"text\":\"first\"}\n{\"text\":\"second\"}\n";
    for (InvalidUtf8 invalid : InvalidUtf8.values()) {
      Path source = file("marked.jsonl", lines);
      Path out = folder.resolve("out-" + invalid);
      TestCorpus.preparation(out, TestCorpus.settings(invalid), source).run();
      Corpus corpus = Corpus.open(out, null);
      assertEquals(11, corpus.tokens().train().length() + corpus.tokens().validation().length());
    }
  }

  /** Between the two readings of its sources. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void sourcesThatChangeMeanwhile(int documents) throws IOException {
    Path source = file("growing.jsonl", lines(3));
    assertRefused(
        () ->
            TestCorpus.preparation(
                    out(),
                    TestCorpus.SETTINGS,
                    1,
                    step -> changeAt(Manifest.TOKENIZER, step, source, lines(documents)),
                    source)
                .run(),
        "growing.jsonl",
        "has changed while it was being prepared");
    assertFalse(Corpus.isPrepared(out()));
  }

  private static String lines(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{\"text\":\"%s\"}\n".formatted("ab".repeat(i + 1)))
        .collect(Collectors.joining());
  }

  private static void changeAt(String when, String step, Path file, String content) {
    if (!step.equals(when)) {
      return;
    }
    try {
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void archivesThatAreCutOff() throws IOException {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write("some text".repeat(1000).getBytes(StandardCharsets.UTF_8));
    }
    byte[] cut = Arrays.copyOf(gzip.toByteArray(), gzip.size() / 2);
    assertPrepareRefuses(file("cut.gz", cut), "cannot read", "cut.gz");
    byte[] zstd = Zstd.compress("some text".repeat(1000).getBytes(StandardCharsets.UTF_8));
    assertPrepareRefuses(
        file("cut.zst", Arrays.copyOf(zstd, zstd.length / 2)), "cannot read", "cut.zst");
    assertPrepareRefuses(file("text.gz", "no gzip at all"), "cannot read", "text.gz");
    assertPrepareRefuses(file("text.jar", "no jar at all"), "cannot read", "text.jar");
  }

  @Test
  void foldersOfOthersAreLeftAlone() throws IOException {
    Files.createDirectories(out());
    Files.writeString(out().resolve("thesis.txt"), "mine");
    assertPrepareRefuses(file("a.txt", "aaa"), "holds thesis.txt and is no corpus");
    assertEquals(1, TestCorpus.content(out()).size());
  }

  private Path prepared() throws IOException {
    String text = "the quick brown fox ".repeat(20);
    TestCorpus.preparation(out(), TestCorpus.SETTINGS, file("text.txt", text)).run();
    return out();
  }

  @Test
  void shardsThatAreCutOff() throws IOException {
    Path shard = prepared().resolve("train-00000.bin");
    byte[] whole = Files.readAllBytes(shard);
    for (int length : new int[] {0, 1, whole.length - 2, whole.length - 1}) {
      Files.write(shard, Arrays.copyOf(whole, length));
      assertRefused(
          () -> Corpus.open(out(), null), shard.toString(), length + " bytes, but the manifest");
    }
    Files.delete(shard);
    assertRefused(() -> Corpus.open(out(), null), shard.toString(), "no such file");
  }

  @Test
  void damageIsFoundByVerifying() throws IOException {
    Path shard = prepared().resolve("validation-00000.bin");
    byte[] whole = Files.readAllBytes(shard);
    whole[3] ^= 1;
    Files.write(shard, whole);
    assertRefused(() -> Corpus.verify(out()), shard.toString(), "SHA-256");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"version\" : 1 | \"version\" : 2 | has version 2",
        "\"version\" : 1 | \"version\" : \"1\" | has version \"1\"",
        "\"tokens\" : 360 | \"tokens\" : 359 | its shards have",
        "\"tokens\" : 360 | \"tokens\" : -1 | its shards have",
        "\"tokens\" : 360 | \"tokens\" : 1.5 | is not the manifest of a corpus",
        "train-00000.bin | ../text.txt | expected train-00000.bin",
        "UINT16 | UINT32 | are not stored as UINT32",
        "UINT16 | UINT64 | is not the manifest of a corpus",
        "\"settings\" | \"setting\" | is not the manifest of a corpus",
        "{ | [ | is not the manifest of a corpus",
      })
  void manifestsThatDoNotMatch(String from, String to, String message) throws IOException {
    Path manifest = prepared().resolve("manifest.json");
    String text = Files.readString(manifest);
    assertTrue(text.contains(from), text);
    int at = text.indexOf(from);
    Files.writeString(manifest, text.substring(0, at) + to + text.substring(at + from.length()));
    assertRefused(() -> Corpus.open(out(), null), manifest.toString(), message);
  }

  @Test
  void aManifestOfImpossiblyManyTokens() throws IOException {
    Path manifest = prepared().resolve("manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"tokens\" : 360", "\"tokens\" : " + (1L << 62)));
    assertRefused(() -> Corpus.open(out(), null), "expected train-00000.bin with 1 to");
  }

  @Test
  void tokenizersOfOtherCorpora() throws IOException {
    CharTokenizer.fromText("another").save(prepared().resolve("tokenizer.json"));
    assertRefused(() -> Corpus.open(out(), null), "is not the tokenizer of the corpus");
    Files.writeString(out().resolve("tokenizer.json"), "{}");
    assertRefused(() -> Corpus.open(out(), null), "cannot read the tokenizer");
  }

  @Test
  void theTokenizerOfACorpusIsItsOwn() throws IOException {
    Path file = folder.resolve("mine.json");
    CharTokenizer.fromText("another").save(file);
    prepared();
    assertRefused(
        () -> Corpus.open(out(), TokenizerChoice.parse(file.toString())),
        "was prepared with the tokenizer char");
    assertRefused(() -> Corpus.open(out(), TokenizerChoice.parse("bpe:4096")), "not bpe:4096");
    Corpus.open(out(), TokenizerChoice.CHARACTERS);
  }

  @Test
  void filesOfNanoGptNeedTheirTokenizer() throws IOException {
    Path file = folder.resolve("mine.json");
    CharTokenizer.fromText("abc").save(file);
    TokenizerChoice choice = TokenizerChoice.parse(file.toString());
    Path bins = Files.createDirectory(folder.resolve("bins"));
    assertRefused(() -> Corpus.open(bins, choice), "neither a manifest.json nor a train.bin");
    Files.write(bins.resolve("train.bin"), new byte[] {0, 0, 2, 0, 1, 0});
    assertRefused(() -> Corpus.open(bins, choice), "val.bin", "no such file");
    Files.write(bins.resolve("val.bin"), new byte[] {1, 0, 0, 0});
    assertRefused(() -> Corpus.open(bins, null), "give the tokenizer.json with --tokenizer");
    Corpus corpus = Corpus.open(bins, choice);
    assertEquals("acb", TestCorpus.text(corpus, corpus.tokens().train()));
    assertEquals("ba", TestCorpus.text(corpus, corpus.tokens().validation()));
    Files.write(bins.resolve("train.bin"), new byte[] {0, 0, 2, 0});
    Files.write(bins.resolve("val.bin"), new byte[] {1, 0, 1, 0, 0, 0});
    assertNotEquals(corpus.sha256(), Corpus.open(bins, choice).sha256(), "divided elsewhere");
    Files.write(bins.resolve("val.bin"), new byte[] {1, 0, 3, 0});
    assertRefused(() -> Corpus.open(bins, choice), "val.bin: token 1 is 3");
    Files.write(bins.resolve("val.bin"), new byte[] {1, 0, 0});
    assertRefused(() -> Corpus.open(bins, choice), "val.bin has 3 bytes");
  }

  @Test
  void coordinatesThatAreNone() {
    assertRefused(() -> Source.of("maven:guava", List.of()), "is not of the form maven:GROUP");
  }
}
