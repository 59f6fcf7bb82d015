package dev.pullback.train.corpus;

import dev.pullback.train.InputException;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.InvalidUtf8;
import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TextDatasets;
import dev.pullback.train.data.TokenizerChoice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A corpus that everybody can have: the Java sources of libraries on Maven Central, all of them
 * under the Apache License 2.0. The list names each archive and its checksum.
 */
public final class CorpusPreset {

  /** Its name, and that of its folder in the data folder. */
  public static final String NAME = TextDatasets.JAVA_SOURCE;

  private static final String LIST = "javasource.txt";
  private static final long SEED = 1;

  private CorpusPreset() {}

  /**
   * An archive of the list.
   *
   * @param coordinates as {@link MavenTexts} takes them
   * @param sha256 of the archive
   */
  record Archive(String coordinates, String sha256) {}

  /**
   * Returns where the corpus lives: a folder for each tokenizer.
   *
   * @param directory the data folder
   * @param choice the tokenizer
   * @return the folder, which need not exist
   */
  public static Path folder(DataDirectory directory, TokenizerChoice choice) {
    String name =
        choice.kind() == TokenizerChoice.Kind.FILE
            ? sha256(choice.file()).substring(0, 16)
            : choice.toString().replace(':', '-');
    return directory.file(NAME, name);
  }

  private static String sha256(Path file) {
    return Sha256.of(TokenizerChoice.load(file).toJson().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns the settings of the corpus.
   *
   * @param choice the tokenizer
   * @return settings that give everybody the same corpus
   */
  public static Settings settings(TokenizerChoice choice) {
    return new Settings(
        choice.kindName(),
        SEED,
        Settings.DEFAULT_VALIDATION,
        InvalidUtf8.REPLACE, // a few old comments are Latin-1
        "text",
        List.of("java"));
  }

  /**
   * Makes the corpus in the data folder where it is missing, fetching what is not in Maven's local
   * repository.
   *
   * @param directory the data folder
   * @param choice the tokenizer
   * @param jobs threads
   * @param log takes lines about what is done
   * @return its folder
   * @throws InputException if an archive cannot be had
   */
  public static Path prepared(
      DataDirectory directory, TokenizerChoice choice, int jobs, Consumer<String> log) {
    Path folder = folder(directory, choice);
    if (!Corpus.isPrepared(folder)) {
      log.accept("preparing the corpus %s in %s".formatted(NAME, folder));
      try {
        new Preparation(folder, sources(log), choice, settings(choice), jobs, log).run();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return folder;
  }

  /**
   * Fetches all archives.
   *
   * @param log takes a line for each
   * @return the archives, checked
   * @throws InputException if one cannot be had or is another than it was
   */
  public static List<Source> sources(Consumer<String> log) {
    List<Source> sources = new ArrayList<>();
    List<Archive> archives = archives();
    for (Archive archive : archives) {
      log.accept(
          "archive %d of %d: %s"
              .formatted(sources.size() + 1, archives.size(), archive.coordinates()));
      Source source = Source.of("maven:" + archive.coordinates(), List.of());
      source.require(archive.sha256());
      sources.add(source);
    }
    return sources;
  }

  static List<Archive> archives() {
    try (InputStream list = CorpusPreset.class.getResourceAsStream(LIST);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" ", -1))
          .map(words -> new Archive(words[0], words[1]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
