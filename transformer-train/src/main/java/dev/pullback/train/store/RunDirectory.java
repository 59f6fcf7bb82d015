package dev.pullback.train.store;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * The folder of a run: {@code config.yaml}, {@code metrics.jsonl} and {@code checkpoint/}. Files
 * are written beside their place and moved there; a checkpoint's files are moved together, as a
 * folder, so that a kill at any moment leaves a complete one.
 *
 * @param path the folder
 */
public record RunDirectory(Path path) {

  /** Writes the files of a checkpoint into a folder. */
  @FunctionalInterface
  public interface CheckpointWriter {

    /**
     * Writes.
     *
     * @param folder an empty folder
     * @throws IOException if writing fails
     */
    void writeTo(Path folder) throws IOException;
  }

  /**
   * Creates the folder of a new run.
   *
   * @param path where; it may exist if it is empty
   * @return the run directory
   * @throws InputException if it holds something already or cannot be written
   */
  public static RunDirectory create(Path path) {
    try {
      if (Files.isDirectory(path)) {
        try (Stream<Path> content = Files.list(path)) {
          if (content.findAny().isPresent()) {
            throw new InputException(
                path + " is not empty; add --resume to continue its run, or choose another --out");
          }
        }
      }
      Files.createDirectories(path);
      Files.delete(Files.createTempFile(path, "write", ".test"));
      return new RunDirectory(path);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(path, FailureReason.of(e)), e);
    }
  }

  /**
   * Opens the folder of an earlier run.
   *
   * @param path the folder
   * @return the run directory
   * @throws InputException if there is no run or no complete checkpoint
   */
  public static RunDirectory open(Path path) {
    RunDirectory run = new RunDirectory(path);
    if (!Files.isRegularFile(run.config())) {
      throw new InputException(path + " holds no run: there is no " + run.config().getFileName());
    }
    if (!run.hasCheckpoint()) {
      throw new InputException(path + " holds no checkpoint to continue from");
    }
    return run;
  }

  /**
   * Tells whether there is a checkpoint, bringing back the previous one if the process was killed
   * while it replaced it.
   *
   * @return whether {@link #checkpoint} exists
   */
  public boolean hasCheckpoint() {
    try {
      if (!Files.exists(checkpoint()) && Files.exists(previous())) {
        Files.move(previous(), checkpoint(), StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Files.isDirectory(checkpoint());
  }

  /**
   * Returns the run's configuration, as YAML.
   *
   * @return the file
   */
  public Path config() {
    return path.resolve("config.yaml");
  }

  /**
   * Returns the measurements, one JSON object a line.
   *
   * @return the file
   */
  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /**
   * Returns the latest checkpoint.
   *
   * @return the folder
   */
  public Path checkpoint() {
    return path.resolve("checkpoint");
  }

  private Path previous() {
    return path.resolve("checkpoint.previous");
  }

  public void saveConfig(String yaml) throws IOException {
    replace(config(), yaml);
  }

  /**
   * Replaces a file in one go.
   *
   * @param file the file, which need not exist
   * @param content its new content
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void replace(Path file, String content) throws IOException {
    try (PartialFile partial = PartialFile.beside(file)) {
      Files.writeString(partial.path(), content);
      partial.commit();
    }
  }

  /**
   * Replaces the checkpoint; the one before stays until the new one is complete.
   *
   * @param writer writes the new one
   * @throws IOException if writing fails
   */
  public void saveCheckpoint(CheckpointWriter writer) throws IOException {
    Path next = path.resolve("checkpoint.next");
    delete(next);
    Files.createDirectory(next);
    writer.writeTo(next);
    delete(previous());
    if (Files.exists(checkpoint())) {
      Files.move(checkpoint(), previous(), StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(next, checkpoint(), StandardCopyOption.ATOMIC_MOVE);
    delete(previous());
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
