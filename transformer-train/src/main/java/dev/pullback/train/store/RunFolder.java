package dev.pullback.train.store;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The folder of a run, to be read; readers never change it. {@code config.yaml} says what is
 * trained, {@code metrics.jsonl} what was measured, {@code checkpoints/} holds a folder for each
 * checkpoint, and the files {@code latest} and {@code best} there name one each.
 *
 * <p>In runs of earlier versions there is one folder, {@code checkpoint}; it is read as the run's
 * first checkpoint.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {

  static final String CONFIG = "config.yaml";
  static final String METRICS = "metrics.jsonl";
  static final String CHECKPOINTS = "checkpoints";
  static final String LATEST = "latest";
  static final String BEST = "best";
  static final String EARLIER = "checkpoint";
  static final String EARLIER_PREVIOUS = "checkpoint.previous";

  /** Each further attempt means that a writer has made another checkpoint in the meantime. */
  private static final int ATTEMPTS = 100;

  private static final int LONGEST_NAME = 100;

  /**
   * Reads a checkpoint.
   *
   * @param <T> what is read
   */
  @FunctionalInterface
  public interface CheckpointReader<T> {

    /**
     * Reads.
     *
     * @param checkpoint complete, unless a writer removes it meanwhile
     * @return what was read
     * @throws IOException if reading fails
     */
    T read(Checkpoint checkpoint) throws IOException;
  }

  /**
   * Opens a run.
   *
   * @param path its folder
   * @return the run
   * @throws InputException if there is none with a complete checkpoint
   */
  public static RunFolder open(Path path) {
    RunFolder run = new RunFolder(path);
    if (!Files.isRegularFile(run.config())) {
      throw new InputException("%s holds no run: there is no %s".formatted(path, CONFIG));
    }
    if (run.latest().isEmpty()) {
      throw new InputException(
          "%s holds no run: it has no checkpoint to continue from; choose another --out, or remove it and start again"
              .formatted(path));
    }
    return run;
  }

  /**
   * Tells whether there is a run: a configuration and a complete checkpoint.
   *
   * @return whether {@link #open} would succeed
   * @throws InputException if the folder is damaged
   */
  public boolean isRun() {
    return Files.isRegularFile(config()) && latest().isPresent();
  }

  /**
   * Returns the run's configuration, as YAML.
   *
   * @return the file
   */
  public Path config() {
    return path.resolve(CONFIG);
  }

  /**
   * Returns the measurements, one JSON object a line.
   *
   * @return the file
   */
  public Path metrics() {
    return path.resolve(METRICS);
  }

  /**
   * Returns a file of the folder.
   *
   * @param name its name
   * @return where it is, if it exists
   */
  public Path file(String name) {
    return path.resolve(name);
  }

  /**
   * Returns the checkpoint to continue from.
   *
   * @return the newest complete one, unless somebody wrote another name into {@code latest}; empty
   *     if there is none
   * @throws InputException if {@code latest} names none, or cannot be read
   */
  public Optional<Checkpoint> latest() {
    return pointedTo(LATEST, true).or(this::earlier);
  }

  /**
   * Returns the checkpoint with the lowest validation loss.
   *
   * @return it; empty if none was evaluated, or it was removed by hand
   * @throws InputException if its name cannot be read
   */
  public Optional<Checkpoint> best() {
    return pointedTo(BEST, false);
  }

  /**
   * Returns all checkpoints, also those that are newer than the latest because the run was resumed
   * from an earlier one.
   *
   * @return by step
   * @throws InputException if the folder cannot be read
   */
  public List<Checkpoint> checkpoints() {
    List<Checkpoint> found = new ArrayList<>();
    earlier().ifPresent(found::add);
    try {
      for (Path folder : AtomicFiles.list(checkpointsFolder())) {
        Checkpoint.named(folder).filter(c -> Files.isDirectory(c.folder())).ifPresent(found::add);
      }
    } catch (NoSuchFileException e) {
      return found;
    } catch (IOException e) {
      throw unreadable(checkpointsFolder(), e);
    }
    found.sort(Checkpoint.ORDER);
    return found;
  }

  /**
   * Reads the latest checkpoint. If a writer removes it meanwhile, having made a newer one, that is
   * read instead.
   *
   * @param reader reads it; called again if it fails on one that is removed
   * @param <T> what is read
   * @return what was read
   * @throws IOException if reading fails
   * @throws InputException if there is no checkpoint
   */
  public <T> T readLatest(CheckpointReader<T> reader) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Checkpoint checkpoint =
          latest().orElseThrow(() -> new InputException(path + " holds no checkpoint"));
      try {
        return reader.read(checkpoint);
      } catch (IOException | RuntimeException e) {
        if (attempt == ATTEMPTS || Files.exists(checkpoint.folder())) {
          throw e;
        }
      }
    }
  }

  Path checkpointsFolder() {
    return path.resolve(CHECKPOINTS);
  }

  /** Returns the checkpoint that a file names, empty if there is no such file. */
  private Optional<Checkpoint> pointedTo(String pointer, boolean mustBeThere) {
    Path file = checkpointsFolder().resolve(pointer);
    String missing = null;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      String name;
      try {
        name = readName(file);
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw unreadable(file, e);
      }
      Optional<Checkpoint> checkpoint =
          Checkpoint.named(file.resolveSibling(name)).filter(c -> Files.isDirectory(c.folder()));
      if (checkpoint.isPresent()) {
        return checkpoint;
      }
      if (name.equals(missing)) {
        break; // no writer has named a newer one and then removed it
      }
      missing = name;
    }
    if (mustBeThere) {
      throw new InputException(
          "%s does not name a folder that is there; write the name of one into it".formatted(file));
    }
    return Optional.empty();
  }

  /** Returns the name in a file, or a harmless one for what cannot be the name of a checkpoint. */
  private static String readName(Path file) throws IOException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(LONGEST_NAME);
    }
    String name = new String(bytes, StandardCharsets.US_ASCII).strip();
    return name.matches("[0-9a-z-]+") ? name : "none";
  }

  /**
   * Returns the one checkpoint of an earlier version's run. It was replaced by two renames; a kill
   * between them left the one before.
   */
  private Optional<Checkpoint> earlier() {
    Path folder = path.resolve(EARLIER);
    if (!Files.isDirectory(folder)) {
      folder = path.resolve(EARLIER_PREVIOUS);
    }
    Path state = folder.resolve("state.json");
    try {
      JsonNode step = JsonFile.object(state, "a training state").path("step");
      if (!step.isIntegralNumber() || !step.canConvertToLong() || step.asLong() < 0) {
        throw new InputException(state + " does not say the step");
      }
      return Optional.of(new Checkpoint(folder, step.asLong()));
    } catch (InputException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static InputException unreadable(Path path, IOException e) {
    return new InputException("cannot read %s: %s".formatted(path, FailureReason.of(e)), e);
  }
}
