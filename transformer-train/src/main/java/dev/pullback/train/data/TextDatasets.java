package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Chooses the text to train on. */
public final class TextDatasets {

  private static final List<String> NAMES = List.of(TinyShakespeare.NAME, Plays.NAME);

  /** The corpus of Java sources, which is prepared and then not a text any more. */
  public static final String JAVA_SOURCE = "javasource";

  private final TinyShakespeare tinyShakespeare;
  private final Plays plays;

  /** The choice between the known data sets and a file. */
  public TextDatasets() {
    this(new TinyShakespeare(), new Plays());
  }

  TextDatasets(TinyShakespeare tinyShakespeare, Plays plays) {
    this.tinyShakespeare = tinyShakespeare;
    this.plays = plays;
  }

  /**
   * Returns the names of all data sets: those that {@link #load} knows, and {@link #JAVA_SOURCE}.
   *
   * @return the names, in the order in which a help text lists them
   */
  public static List<String> names() {
    return Stream.concat(NAMES.stream(), Stream.of(JAVA_SOURCE)).toList();
  }

  /**
   * Loads the named data set or the file. With neither it is TinyShakespeare, or the embedded plays
   * when TinyShakespeare is not there and cannot be downloaded.
   *
   * @param dataset the value of {@code --dataset}, not {@link #JAVA_SOURCE}, or null
   * @param file the value of {@code --data}, a UTF-8 text file, or null
   * @param directory the data folder
   * @param log takes lines about downloads, and the line that says why the plays are used
   * @return the text
   * @throws InputException if both are given, the name is unknown, the file is unusable, a named
   *     data set cannot be had, or the TinyShakespeare in the data folder has another checksum
   */
  public TextData load(String dataset, Path file, DataDirectory directory, Consumer<String> log) {
    if (dataset != null && file != null) {
      throw new InputException(
          "--dataset %s and --data %s exclude each other; give one of them"
              .formatted(dataset, file));
    }
    if (file != null) {
      return loadFile(file);
    }
    if (dataset == null) {
      return loadDefault(directory, log);
    }
    return switch (dataset) {
      case TinyShakespeare.NAME -> tinyShakespeare.load(directory, log);
      case Plays.NAME -> plays.load();
      default ->
          throw new InputException(
              "unknown data set '%s'; --dataset knows %s, and --data FILE takes a text of your own"
                  .formatted(dataset, String.join(", ", names())));
    };
  }

  private static TextData loadFile(Path file) {
    Path absolute = file.toAbsolutePath();
    return new TextData(
        absolute.getFileName().toString(), TextFiles.source(absolute), "the text file " + absolute);
  }

  private TextData loadDefault(DataDirectory directory, Consumer<String> log) {
    try {
      return tinyShakespeare.loadOrThrow(directory, log);
    } catch (DownloadException e) {
      log.accept(e.getMessage() + "; using the embedded plays instead");
      return plays.load();
    }
  }
}
