package dev.pullback.train.corpus;

import dev.pullback.train.data.InvalidUtf8;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.data.TokenizerChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Corpora of tests. */
final class TestCorpus {

  static final Settings SETTINGS = settings(InvalidUtf8.REFUSE);

  /** Many units and shards of little. */
  static final Preparation.Sizes SMALL = new Preparation.Sizes(LineCutter.STRIDE, 3 << 19);

  private TestCorpus() {}

  static Settings settings(InvalidUtf8 invalid) {
    return new Settings("char", 1, 0.3, invalid, "text", List.of());
  }

  static Preparation preparation(Path out, Settings settings, Object... sources) {
    return preparation(out, settings, 1, step -> {}, sources);
  }

  static Preparation preparation(
      Path out, Settings settings, int jobs, Consumer<String> journal, Object... sources) {
    return preparation(out, settings, jobs, journal, SMALL, sources);
  }

  static Preparation preparation(
      Path out,
      Settings settings,
      int jobs,
      Consumer<String> journal,
      Preparation.Sizes sizes,
      Object... sources) {
    return new Preparation(
        out,
        Stream.of(sources).map(name -> Source.of(name.toString(), List.of())).toList(),
        TokenizerChoice.CHARACTERS,
        settings,
        jobs,
        line -> {},
        journal,
        sizes);
  }

  /** Returns what the tokens of a split stand for. */
  static String text(Corpus corpus, TokenStream split) {
    long[] tokens = new long[Math.toIntExact(split.length())];
    split.copy(0, tokens.length, tokens, 0);
    return corpus.tokenizer().decode(Arrays.stream(tokens).mapToInt(Math::toIntExact).toArray());
  }

  /** Returns what every file below a folder holds, as a hash of its bytes, by its path. */
  static Map<String, Integer> content(Path folder) {
    Map<String, Integer> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        content.put(folder.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return content;
  }
}
