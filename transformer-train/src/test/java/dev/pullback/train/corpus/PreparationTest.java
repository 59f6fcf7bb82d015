package dev.pullback.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TokenWidth;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Corpora of every kind of source. */
class PreparationTest {

  @TempDir private Path folder;
  private final List<String> documents = new ArrayList<>();
  private Object[] sources;

  /** Every document begins with a line of its own. */
  private String document(int length) {
    String head = "<document %d>\n".formatted(documents.size());
    String text = head + "line of text é\n".repeat(length);
    documents.add(text);
    return text;
  }

  @BeforeEach
  void write() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts/inner"));
    Files.writeString(texts.resolve("a.txt"), document(3));
    Files.writeString(texts.resolve("b.txt"), "\ufeff" + document(0));
    Files.createFile(texts.resolve("empty.txt"));
    Files.write(folder.resolve("texts/.hidden"), new byte[] {-1});
    Path json = folder.resolve("c.jsonl");
    Files.writeString(
        json, "{\"id\": [1, {}], \"text\": \"%s\"}\n".formatted(document(2).replace("\n", "\\n")));
    Path gzip = folder.resolve("d.txt.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(document(4).getBytes(StandardCharsets.UTF_8));
    }
    Path zstd = folder.resolve("e.jsonl.zst");
    try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(zstd))) {
      for (int i = 0; i < 20; i++) {
        String line = "{\"text\":\"%s\"}\n".formatted(document(i).replace("\n", "\\n"));
        out.write(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    Path jar = folder.resolve("f.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("p/A.java"));
      out.write(document(5).getBytes(StandardCharsets.UTF_8));
      out.putNextEntry(new ZipEntry("p/A.class"));
      out.write(-1);
    }
    sources = new Object[] {folder.resolve("texts"), json, gzip, zstd, jar};
  }

  /** Adds a text that is cut at line ends, of several units of work. */
  private void addLarge() throws IOException {
    Path large = folder.resolve("g.txt");
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < Documents.WHOLE_BYTES + 1_000_000; i++) {
      text.append("line ").append(i).append(" of many\n");
    }
    Files.writeString(large, text);
    for (int from = 0, i = 1; from < text.length(); i++) {
      int least = (int) Math.min(i * LineCutter.STRIDE - 1, text.length() - 1);
      int to = text.indexOf("\n", least) + 1;
      documents.add(text.substring(from, to));
      from = to;
    }
    sources = Stream.concat(Stream.of(sources), Stream.of(large)).toArray();
  }

  @Test
  void linksAreFollowed() throws IOException {
    Path links = Files.createDirectory(folder.resolve("links"));
    Files.createSymbolicLink(links.resolve("texts"), folder.resolve("texts"));
    Files.createSymbolicLink(links.resolve("c.jsonl"), folder.resolve("c.jsonl"));
    Files.createSymbolicLink(links.resolve("broken"), folder.resolve("nowhere"));
    Files.createSymbolicLink(links.resolve("again"), links);
    Path link = Files.createSymbolicLink(folder.resolve("link"), links);
    List<String> expected =
        Stream.of("c.jsonl", "texts/inner/a.txt", "texts/inner/b.txt", "texts/inner/empty.txt")
            .map(name -> link + "/" + name)
            .toList();
    assertEquals(expected, names(Source.of(link.toString(), List.of())));
    assertEquals(expected.subList(1, 4), names(Source.of(link + "/**/*.txt", List.of())));
    InputException none =
        assertThrows(InputException.class, () -> Source.of(link + "/*.none", List.of()));
    assertTrue(none.getMessage().contains("'" + link + "/*.none'"), none.getMessage());
  }

  private static List<String> names(Source source) {
    return source.files().stream().map(SourceFile::name).toList();
  }

  @Test
  void aCorpusWithinItsSourcesIsNoSource() throws IOException {
    Path texts = folder.resolve("texts");
    Path out = texts.resolve("corpus");
    Manifest manifest = TestCorpus.preparation(out, TestCorpus.SETTINGS, texts).run();
    assertEquals(manifest, TestCorpus.preparation(out, TestCorpus.SETTINGS, texts).run());
    InputException e =
        assertThrows(
            InputException.class,
            () -> TestCorpus.preparation(out, TestCorpus.SETTINGS, out.resolve("lock")));
    assertTrue(e.getMessage().contains("lies in --out"), e.getMessage());
  }

  @Test
  void everyDocumentIsInOneSplitOnce() throws IOException {
    addLarge();
    Path out = folder.resolve("out");
    Manifest manifest = TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run();
    Corpus corpus = Corpus.open(out, null);
    String train = TestCorpus.text(corpus, corpus.tokens().train());
    String validation = TestCorpus.text(corpus, corpus.tokens().validation());
    int validating = 0;
    for (String document : documents) {
      boolean validates = validation.contains(document);
      assertEquals(!validates, train.contains(document), "in exactly one: " + document);
      validating += validates ? 1 : 0;
    }
    assertTrue(validating > 0 && validating < documents.size(), "of " + validating);
    assertEquals(validating, manifest.validation().documents());
    assertEquals(documents.size() - validating, manifest.train().documents());
    assertEquals(utf8(train), manifest.train().bytes());
    assertEquals(utf8(validation), manifest.validation().bytes());
    assertEquals(utf8(String.join("", documents)), utf8(train) + utf8(validation));
    assertEquals(manifest.validation().bytes(), corpus.tokens().validationBytes());
    assertEquals(manifest, Corpus.verify(out));
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void theManifestSaysWhatIsThereAndThreadsChangeNothing() throws IOException {
    addLarge();
    Path out = folder.resolve("out");
    Manifest manifest = TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run();
    assertEquals(TokenWidth.UINT16, manifest.tokenType());
    assertTrue(manifest.train().shards().size() > 1, manifest.toString());
    for (Manifest.Shard shard : manifest.train().shards()) {
      assertEquals(shard.tokens() * 2, Files.size(out.resolve(shard.file())));
      assertEquals(shard.sha256(), Sha256.of(out.resolve(shard.file())));
    }
    assertEquals(
        List.of(3, 1, 1, 1, 1, 1),
        manifest.sources().stream().map(Manifest.Origin::files).toList());
    assertEquals(Sha256.of(folder.resolve("c.jsonl")), manifest.sources().get(1).sha256());
    assertEquals(manifest.tokenizer().sha256(), Sha256.of(out.resolve("tokenizer.json")));
    assertFalse(Files.exists(out.resolve(".prepare")));

    Path other = folder.resolve("other");
    TestCorpus.preparation(other, TestCorpus.SETTINGS, 3, step -> {}, sources).run();
    assertEquals(TestCorpus.content(out), TestCorpus.content(other));
  }

  /** The process ends at each of the places where something was just made to last. */
  @Test
  void goesOnWhereverItWasKilled() throws IOException {
    Object[] archives = new Object[2];
    for (int i = 0; i < archives.length; i++) {
      Path archive = folder.resolve(i + ".jsonl.gz");
      archives[i] = archive;
      try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
        for (int j = 0; j < 9; j++) {
          String line = "{\"text\":\"%s\"}\n".formatted(document(j).replace("\n", "\\n"));
          out.write(line.getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    Path whole = folder.resolve("whole");
    List<String> steps = new ArrayList<>();
    inSmallSteps(whole, steps::add, archives).run();
    Map<String, Integer> expected = TestCorpus.content(whole);
    assertTrue(steps.size() > 9, steps.toString());
    for (int last = 0; last < steps.size(); last++) {
      Path out = folder.resolve("out" + last);
      int fatal = last;
      AtomicInteger count = new AtomicInteger();
      Preparation killed =
          inSmallSteps(
              out,
              step -> {
                if (count.getAndIncrement() == fatal) {
                  throw new Killed();
                }
              },
              archives);
      assertThrows(Killed.class, killed::run);
      List<String> rest = new ArrayList<>();
      inSmallSteps(out, rest::add, archives).run();
      assertEquals(expected, TestCorpus.content(out), "after " + steps.get(last));
      assertTrue(rest.size() < steps.size(), "what was done is not done again");
    }
  }

  /** A unit of work for every file, and a shard for every unit. */
  private static Preparation inSmallSteps(Path out, Consumer<String> journal, Object... archives) {
    Preparation.Sizes sizes = new Preparation.Sizes(1, 1);
    return TestCorpus.preparation(out, TestCorpus.SETTINGS, 1, journal, sizes, archives);
  }

  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void anotherSeedGivesAnotherSplit() throws IOException {
    Path one = folder.resolve("one");
    Path other = folder.resolve("other");
    Manifest first = TestCorpus.preparation(one, TestCorpus.SETTINGS, sources).run();
    Settings settings = new Settings("char", 2, 0.3, first.settings().invalid(), "text", List.of());
    Manifest second = TestCorpus.preparation(other, settings, sources).run();
    assertFalse(first.train().shards().equals(second.train().shards()));
  }

  @Test
  void aPreparedCorpusIsLeftAlone() throws IOException {
    Path out = folder.resolve("out");
    Manifest manifest = TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run();
    Map<String, Integer> content = TestCorpus.content(out);
    assertEquals(manifest, TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run());
    assertEquals(content, TestCorpus.content(out));

    Files.writeString(folder.resolve("texts/inner/a.txt"), "changed");
    InputException e =
        assertThrows(
            InputException.class,
            () -> TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run());
    assertTrue(e.getMessage().contains("holds a corpus of other sources"), e.getMessage());
    assertEquals(content, TestCorpus.content(out));
  }

  @Test
  void doesNotGoOnWithSomethingElse() throws IOException {
    Path out = folder.resolve("out");
    killAfter("plan.json", out);
    List<String> steps = new ArrayList<>();
    killAfter("tokenizer.json", out, sources[1], sources[2]); // it was only read so far
    InputException e =
        assertThrows(
            InputException.class,
            () -> TestCorpus.preparation(out, TestCorpus.SETTINGS, 1, steps::add, sources).run());
    assertTrue(e.getMessage().contains("the beginnings of a corpus of other"), e.getMessage());
    assertEquals(List.of(), steps);
  }

  /** A corpus of very many named files. */
  @Test
  void planAndManifestMayBeLong() throws IOException {
    Path out = folder.resolve("out");
    killAfter("plan.json", out);
    try (Stream<Path> files = Files.walk(out)) {
      lengthen(files.filter(file -> file.endsWith("plan.json")).findFirst().orElseThrow());
    }
    Manifest manifest = TestCorpus.preparation(out, TestCorpus.SETTINGS, sources).run();
    lengthen(out.resolve(Manifest.FILE));
    assertEquals(manifest, Manifest.read(out));
  }

  private static void lengthen(Path file) throws IOException {
    Files.writeString(file, Files.readString(file) + "\n".repeat(2 << 20));
  }

  private void killAfter(String last, Path out, Object... given) {
    Preparation killed =
        TestCorpus.preparation(
            out,
            TestCorpus.SETTINGS,
            1,
            step -> {
              if (step.equals(last)) {
                throw new Killed();
              }
            },
            given.length == 0 ? sources : given);
    assertThrows(Killed.class, killed::run);
  }

  @Test
  void findsFilesByGlob() throws IOException {
    Source found = Source.of(folder + "/**/{a,b}.txt", List.of());
    assertEquals(
        List.of("a.txt", "b.txt"),
        found.files().stream().map(file -> file.path().getFileName().toString()).toList());
    assertThrows(InputException.class, () -> Source.of(folder + "/*.none", List.of()));
    assertThrows(InputException.class, () -> Source.of(folder + "/{a", List.of()));
    assertThrows(InputException.class, () -> Source.of(folder + "/missing.txt", List.of()));
    assertEquals(
        1, Source.of(folder.toString(), List.of("jar")).files().size(), "by the endings of names");
  }
}
