package dev.pullback.train.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * A temporary file beside its target: it becomes the target in one step, or closing it removes it.
 */
final class PartialFile implements AutoCloseable {

  private final Path path;
  private final Path target;

  private PartialFile(Path path, Path target) {
    this.path = path;
    this.target = target;
  }

  /** Creates the empty file, and the folder it lives in where that is missing. */
  static PartialFile beside(Path target) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    String name = "." + target.getFileName() + "." + UUID.randomUUID() + ".part";
    // Not createTempFile: its file, and so the target, would be readable by its owner only.
    Path path = Files.createFile(folder.resolve(name));
    // A program that is interrupted from the keyboard does not get to close.
    path.toFile().deleteOnExit();
    return new PartialFile(path, target);
  }

  Path path() {
    return path;
  }

  /** Gives the complete file its final name, replacing a file that has it. */
  void commit() throws IOException {
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
  }
}
