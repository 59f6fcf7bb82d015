package dev.pullback.train.store;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a folder for one writer, by a lock on its file {@code lock}. The lock ends with the process
 * at the latest, however that ends; the file stays and means nothing.
 */
public final class RunLock implements AutoCloseable {

  static final String FILE = "lock";

  /**
   * The folders that this process holds. Static because the lock is the process's: it is lost as
   * soon as the process closes any channel to the file, so a second attempt must not open one.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Takes the lock if nobody holds it, in this process or another.
   *
   * @param folder the folder, which exists
   * @return the lock, to be closed; empty if it is held
   * @throws InputException if the folder cannot be written, or its file system has no locks
   */
  public static Optional<RunLock> take(Path folder) {
    return take(DiskOperations.INSTANCE, folder);
  }

  static Optional<RunLock> take(FileOperations files, Path folder) {
    Path real = real(files, folder);
    if (!HELD.add(real)) {
      return Optional.empty();
    }
    Optional<FileChannel> locked = Optional.empty();
    try {
      locked = lock(real.resolve(FILE));
    } catch (IOException e) {
      throw new InputException("cannot lock %s: %s".formatted(folder, FailureReason.of(e)), e);
    } finally {
      if (locked.isEmpty()) {
        HELD.remove(real);
      }
    }
    return locked.map(channel -> new RunLock(real, channel));
  }

  /** Returns the folder's one name, having made sure that the file to lock is there. */
  private static Path real(FileOperations files, Path folder) {
    try {
      Path real = folder.toRealPath();
      if (!Files.exists(real.resolve(FILE))) {
        files.append(real.resolve(FILE)).close();
        files.syncFolder(real); // the file tells what a failed start left from somebody's files
      }
      return real;
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(folder, FailureReason.of(e)), e);
    }
  }

  /** Opens and locks the file; empty, and the file closed, if the lock is held. */
  private static Optional<FileChannel> lock(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      locked = false; // held by this process, through another class loader's copy of this class
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? Optional.of(channel) : Optional.empty();
  }

  /** Gives the folder to others. */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      HELD.remove(folder);
    }
  }
}
