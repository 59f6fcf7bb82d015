package dev.pullback.train.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Temporary files that get their names together, when all are complete. */
public final class PartialFiles implements AutoCloseable {

  private final List<PartialFile> files = new ArrayList<>();

  /**
   * Creates one more.
   *
   * @param target the file to be
   * @return the temporary file's path
   * @throws IOException if it cannot be created
   */
  public Path beside(Path target) throws IOException {
    PartialFile file = PartialFile.beside(target);
    files.add(file);
    return file.path();
  }

  /**
   * Gives the complete files their final names, in the order in which they were created.
   *
   * @throws IOException if that fails; those before it have theirs then
   */
  public void commit() throws IOException {
    for (PartialFile file : files) {
      file.commit();
    }
  }

  @Override
  public void close() throws IOException {
    for (PartialFile file : files) {
      file.close();
    }
  }
}
