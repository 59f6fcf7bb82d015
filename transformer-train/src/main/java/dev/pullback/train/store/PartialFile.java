package dev.pullback.train.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A temporary file beside its target: it becomes the target in one step, or closing it removes it.
 */
public final class PartialFile implements AutoCloseable {

  private static final FileOperations FILES = DiskOperations.INSTANCE;

  private final Path path;
  private final Path target;

  private PartialFile(Path path, Path target) {
    this.path = path;
    this.target = target;
  }

  /**
   * Creates the empty file, and the folder it lives in where that is missing.
   *
   * @param target the file to be
   * @return the temporary file
   * @throws IOException if it cannot be created
   */
  public static PartialFile beside(Path target) throws IOException {
    AtomicFiles.createFolders(FILES, target.toAbsolutePath().getParent());
    // Not createTempFile: its file, and so the target, would be readable by its owner only. And
    // not a name that the writer of a run folder takes for its own.
    Path path =
        Files.createFile(
            target
                .toAbsolutePath()
                .resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp"));
    // A program that is interrupted from the keyboard does not get to close.
    path.toFile().deleteOnExit();
    return new PartialFile(path, target);
  }

  /**
   * Returns where to write.
   *
   * @return the temporary file's path
   */
  public Path path() {
    return path;
  }

  /**
   * Gives the complete file its final name, durably, replacing a file that has it.
   *
   * @throws IOException if that fails; a file of that name is then untouched
   */
  public void commit() throws IOException {
    try (FileOperations.Output output = FILES.append(path)) {
      output.sync();
    }
    FILES.rename(path, target);
    FILES.syncFolder(path.getParent());
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
  }
}
