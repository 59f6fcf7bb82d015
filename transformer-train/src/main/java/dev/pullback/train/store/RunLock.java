package dev.pullback.train.store;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps a folder for one writer, by a lock on its file {@code lock}. The lock ends with the process
 * at the latest, however that ends; the file stays and means nothing.
 */
public final class RunLock implements AutoCloseable {

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
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
    try {
      FileChannel channel =
          FileChannel.open(
              folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (held(channel)) {
        channel.close();
        return Optional.empty();
      }
      return Optional.of(new RunLock(channel));
    } catch (IOException e) {
      throw new InputException("cannot lock %s: %s".formatted(folder, FailureReason.of(e)), e);
    }
  }

  private static boolean held(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  /** Gives the folder to others. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
