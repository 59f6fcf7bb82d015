package dev.pullback.train.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a run folder: holds its lock until closed. Used by one thread.
 *
 * <p>After a kill or a power loss at any moment, {@link RunFolder#latest} is the checkpoint that
 * {@link #save} made last, or the one before. Each step of a save is on the disk before the next:
 * the files under a temporary name, their folder, its final name, {@code latest}. Only then are
 * older checkpoints removed, each under a temporary name too, so that none is ever there in part.
 */
public final class RunWriter implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(RunWriter.class);
  private static final String EARLIER_NEXT = "checkpoint.next";

  private final FileOperations files;
  private final RunFolder folder;
  private final RunLock lock;
  private final List<JsonLines> lines = new ArrayList<>();

  private RunWriter(FileOperations files, RunFolder folder, RunLock lock) {
    this.files = files;
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Starts a run. What a failed start left is removed.
   *
   * @param path its folder: absent, empty, or that of a start that made no checkpoint
   * @return the writer
   * @throws InputException if the folder holds something else, cannot be written, or is in use
   */
  public static RunWriter create(Path path) {
    return create(DiskOperations.INSTANCE, path);
  }

  static RunWriter create(FileOperations files, Path path) {
    try {
      refuseUnlessFree(path); // before anything is written into a stranger's folder
      AtomicFiles.createFolders(files, path);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(path, FailureReason.of(e)), e);
    }
    return start(
        files,
        path,
        writer -> {
          refuseUnlessFree(path);
          writer.removeFailedStart();
        });
  }

  /**
   * Goes on with a run. What a failed save left is removed.
   *
   * @param path its folder
   * @return the writer
   * @throws InputException if there is no run, it cannot be written, or is in use
   */
  public static RunWriter resume(Path path) {
    return resume(DiskOperations.INSTANCE, path);
  }

  static RunWriter resume(FileOperations files, Path path) {
    RunFolder.open(path);
    return start(files, path, writer -> RunFolder.open(path));
  }

  /**
   * Becomes the writer of a folder, whatever it holds.
   *
   * @param path the folder, created if it is missing
   * @return the writer; empty if there is one, in this process or another
   * @throws InputException if the folder cannot be written
   */
  public static Optional<RunWriter> tryLock(Path path) {
    return tryLock(DiskOperations.INSTANCE, path);
  }

  static Optional<RunWriter> tryLock(FileOperations files, Path path) {
    try {
      AtomicFiles.createFolders(files, path);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(path, FailureReason.of(e)), e);
    }
    return tryStart(files, path, writer -> {});
  }

  /** What is done under the lock before a writer is handed out. */
  private interface Preparation {
    void prepare(RunWriter writer) throws IOException;
  }

  private static RunWriter start(FileOperations files, Path path, Preparation preparation) {
    return tryStart(files, path, preparation)
        .orElseThrow(() -> new InputException(path + " is being trained by another process"));
  }

  private static Optional<RunWriter> tryStart(
      FileOperations files, Path path, Preparation preparation) {
    Optional<RunWriter> started =
        RunLock.take(files, path).map(lock -> new RunWriter(files, new RunFolder(path), lock));
    if (started.isPresent()) {
      RunWriter writer = started.get();
      try {
        preparation.prepare(writer);
        writer.removeLeftovers();
      } catch (IOException e) {
        writer.close();
        throw new InputException(
            "cannot write to --out %s: %s".formatted(path, FailureReason.of(e)), e);
      } catch (RuntimeException e) {
        writer.close();
        throw e;
      }
    }
    return started;
  }

  /**
   * Refuses a folder that holds more than a failed start leaves. The file {@code lock} tells that
   * it was a start, and not somebody's folder with a file of the same name.
   */
  private static void refuseUnlessFree(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    List<Path> content = AtomicFiles.list(path);
    boolean started = Files.exists(path.resolve(RunLock.FILE));
    for (Path entry : content) {
      if (!started || !isLeftoverOfStart(entry)) {
        String resume = new RunFolder(path).isRun() ? "add --resume to continue its run, or " : "";
        throw new InputException(path + " is not empty; " + resume + "choose another --out");
      }
    }
  }

  private static boolean isLeftoverOfStart(Path entry) throws IOException {
    switch (entry.getFileName().toString()) {
      case RunLock.FILE, RunFolder.CONFIG, EARLIER_NEXT -> {
        return true;
      }
      case RunFolder.METRICS -> {
        return Files.size(entry) == 0;
      }
      case RunFolder.CHECKPOINTS -> {
        for (Path inner : AtomicFiles.list(entry)) {
          boolean atStart = Checkpoint.named(inner).filter(c -> c.step() == 0).isPresent();
          boolean best = inner.getFileName().toString().equals(RunFolder.BEST);
          if (!atStart && !best && !AtomicFiles.isPartial(inner)) {
            return false;
          }
        }
        return true;
      }
      default -> {
        return AtomicFiles.isPartial(entry);
      }
    }
  }

  private void removeFailedStart() throws IOException {
    Path checkpoints = folder.checkpointsFolder();
    if (Files.isDirectory(checkpoints)) {
      AtomicFiles.deleteAll(files, checkpoints);
    }
  }

  /** Removes what failed saves left, and what could not be removed before. */
  private void removeLeftovers() throws IOException {
    List<Path> left = new ArrayList<>(AtomicFiles.list(folder.path()));
    if (Files.isDirectory(folder.checkpointsFolder())) {
      left.addAll(AtomicFiles.list(folder.checkpointsFolder()));
    }
    for (Path path : left) {
      String name = path.getFileName().toString();
      boolean replaced =
          name.equals(RunFolder.EARLIER_PREVIOUS)
              && Files.exists(folder.path().resolve(RunFolder.EARLIER));
      if (AtomicFiles.isPartial(path) || name.equals(EARLIER_NEXT) || replaced) {
        AtomicFiles.deleteAll(files, path);
      }
    }
  }

  /**
   * Returns the folder.
   *
   * @return the folder, to be read
   */
  public RunFolder folder() {
    return folder;
  }

  /**
   * Replaces a file of the folder in one step.
   *
   * @param name its name
   * @param content its new content
   * @throws IOException if writing fails; the file is then as it was
   */
  public void write(String name, String content) throws IOException {
    Path file = folder.file(name);
    try {
      AtomicFiles.replace(files, file, content);
    } catch (IOException e) {
      throw new IOException("cannot write %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  /**
   * Opens a file of JSON objects to append to. Each save brings it to the disk.
   *
   * @param name its name
   * @param lastStep the last step whose lines stay; damaged lines go too
   * @return the open file, to be closed before this writer
   * @throws IOException if it cannot be read or written
   */
  public JsonLines openLines(String name, long lastStep) throws IOException {
    return openLines(name, line -> JsonLines.isUpTo(lastStep, line));
  }

  /**
   * Opens a file of JSON objects to append to. Each save brings it to the disk.
   *
   * @param name its name
   * @param stays tells which lines stay; damaged lines go too
   * @return the open file, to be closed before this writer
   * @throws IOException if it cannot be read or written
   */
  public JsonLines openLines(String name, Predicate<ObjectNode> stays) throws IOException {
    JsonLines opened = JsonLines.open(files, folder.file(name), stays);
    lines.removeIf(line -> !line.isOpen());
    lines.add(opened);
    return opened;
  }

  /**
   * Makes a checkpoint, names it the latest, and removes older ones. A step that there is a
   * checkpoint of gets another. Checkpoints of later steps, which are there if the run was resumed
   * from an earlier one, stay until the run has passed them.
   *
   * @param step steps taken, at least 0
   * @param best whether it is the best so far
   * @param keep which older ones stay
   * @param writer writes the files
   * @return the checkpoint
   * @throws IOException if it cannot be made; the one before is then the latest, and what was
   *     written of this one is removed
   */
  public Checkpoint save(long step, boolean best, Retention keep, CheckpointWriter writer)
      throws IOException {
    for (JsonLines open : lines) {
      if (open.isOpen()) {
        open.sync();
      }
    }
    int repetition = 1;
    for (Checkpoint other : folder.checkpoints()) {
      if (other.step() == step && other.folder().startsWith(folder.checkpointsFolder())) {
        repetition = other.repetition() + 1;
      }
    }
    Path target = folder.checkpointsFolder().resolve(Checkpoint.name(step, repetition));
    Checkpoint made = new Checkpoint(target, step);
    try {
      make(made, writer);
      if (best) {
        name(RunFolder.BEST, made);
      }
      name(RunFolder.LATEST, made);
    } catch (IOException e) {
      removeFailed(made, e);
      throw new IOException(
          "cannot save the checkpoint %s: %s".formatted(target, FailureReason.of(e)), e);
    } catch (RuntimeException e) {
      removeFailed(made, e);
      throw e;
    }
    try {
      removeOlder(made, keep);
    } catch (IOException e) {
      // The new one is safe. On Windows, for instance, nothing that is being read can be renamed.
      LOGGER.warn(
          "cannot remove an older checkpoint of {}: {}; the next save tries again",
          folder.path(),
          FailureReason.of(e));
    }
    return made;
  }

  private void make(Checkpoint made, CheckpointWriter writer) throws IOException {
    Path target = made.folder();
    AtomicFiles.createFolders(files, target.getParent());
    Path partial = AtomicFiles.partialBeside(target);
    files.createFolder(partial);
    NewFiles written = new NewFiles(partial);
    try {
      try {
        writer.writeTo(written);
        written.finish();
      } catch (IOException | RuntimeException e) {
        written.abandon(e);
        throw e;
      }
      files.syncFolder(partial);
      files.rename(partial, target);
    } catch (IOException | RuntimeException e) {
      AtomicFiles.deleteAfter(e, files, partial);
      throw e;
    }
    files.syncFolder(target.getParent());
  }

  /** The files of a checkpoint in the making, by name. */
  private final class NewFiles implements CheckpointFiles {

    private final Path place;
    private final Map<String, FileOperations.Output> outputs = new LinkedHashMap<>();
    private final List<OutputStream> streams = new ArrayList<>();

    NewFiles(Path place) {
      this.place = place;
    }

    @Override
    public OutputStream create(String name) throws IOException {
      if (!name.matches("\\w[\\w.-]*") || outputs.containsKey(name)) {
        throw new IllegalArgumentException("not the name of a new file: " + name);
      }
      FileOperations.Output output = files.create(place.resolve(name));
      outputs.put(name, output);
      OutputStream stream = OutputStreams.buffered(output);
      streams.add(stream);
      return stream;
    }

    /** Brings everything to the disk. */
    void finish() throws IOException {
      for (OutputStream stream : streams) {
        stream.close();
      }
    }

    /** Closes without writing what is still buffered. */
    void abandon(Exception failure) {
      for (FileOperations.Output output : outputs.values()) {
        try {
          output.close();
        } catch (IOException e) {
          failure.addSuppressed(e);
        }
      }
    }
  }

  private void name(String pointer, Checkpoint checkpoint) throws IOException {
    Path file = folder.checkpointsFolder().resolve(pointer);
    AtomicFiles.replace(files, file, checkpoint.folder().getFileName() + "\n");
  }

  /** Removes a checkpoint that was made but could not be named, for the space it takes. */
  private void removeFailed(Checkpoint made, Exception failure) {
    try {
      if (Files.exists(made.folder())
          && !folder.latest().equals(Optional.of(made))
          && !folder.best().equals(Optional.of(made))) {
        remove(List.of(made));
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private void removeOlder(Checkpoint made, Retention keep) throws IOException {
    List<Checkpoint> newestFirst = new ArrayList<>();
    for (Checkpoint checkpoint : folder.checkpoints()) {
      if (Checkpoint.ORDER.compare(checkpoint, made) <= 0) {
        newestFirst.add(0, checkpoint);
      }
    }
    Optional<Checkpoint> best = folder.best();
    List<Checkpoint> unwanted = new ArrayList<>();
    for (int i = keep.last(); i < newestFirst.size(); i++) {
      Checkpoint checkpoint = newestFirst.get(i);
      boolean last = newestFirst.get(i - 1).step() != checkpoint.step();
      boolean regular = keep.every() > 0 && checkpoint.step() % keep.every() == 0 && last;
      if (!regular && !best.equals(Optional.of(checkpoint))) {
        unwanted.add(checkpoint);
      }
    }
    remove(unwanted);
    removeLeftovers();
  }

  /**
   * Removes all checkpoints of a run that is not to be continued.
   *
   * @throws IOException if that fails; the next call goes on
   */
  public void removeCheckpoints() throws IOException {
    Path checkpoints = folder.checkpointsFolder();
    if (Files.isDirectory(checkpoints)) {
      Path partial = AtomicFiles.partialBeside(checkpoints);
      files.rename(checkpoints, partial);
      files.syncFolder(folder.path());
      AtomicFiles.deleteAll(files, partial);
    }
  }

  /** Removes checkpoints so that none is ever there in part. */
  private void remove(List<Checkpoint> unwanted) throws IOException {
    List<Path> renamed = new ArrayList<>();
    Set<Path> changed = new LinkedHashSet<>();
    for (Checkpoint checkpoint : unwanted) {
      Path partial = AtomicFiles.partialBeside(checkpoint.folder());
      files.rename(checkpoint.folder(), partial);
      renamed.add(partial);
      changed.add(partial.getParent());
    }
    for (Path parent : changed) {
      files.syncFolder(parent);
    }
    for (Path partial : renamed) {
      AtomicFiles.deleteAll(files, partial);
    }
  }

  /** Gives the folder to others. */
  @Override
  public void close() {
    lock.close();
  }
}
