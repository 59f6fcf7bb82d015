package dev.pullback.train.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Everything that this package does to a disk. A power loss may undo any of it that was not synced,
 * in any order: what a file holds until {@link Output#sync}, and what a folder lists, that is names
 * given, changed and deleted, until {@link #syncFolder}.
 */
interface FileOperations {

  /** A file open for writing at its end. */
  interface Output extends Closeable {

    /** Writes all the bytes, or fails having written some. */
    void write(byte[] bytes, int offset, int length) throws IOException;

    /** Returns when the file's content is on the disk. */
    void sync() throws IOException;
  }

  /** Opens a new file; one that exists is refused. */
  Output create(Path file) throws IOException;

  /** Opens a file to append to, creating it if it is missing. */
  Output append(Path file) throws IOException;

  /** Returns when what the folder lists is on the disk. */
  void syncFolder(Path folder) throws IOException;

  /** Renames in one step within a folder; a file of the new name is replaced. */
  void rename(Path from, Path to) throws IOException;

  /** Creates a folder; its parent exists. */
  void createFolder(Path folder) throws IOException;

  /** Deletes a file or an empty folder. */
  void delete(Path path) throws IOException;
}
