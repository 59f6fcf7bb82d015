package dev.pullback.train.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that arrives in pieces: hidden beside its target until it is complete, and kept if it does
 * not become complete, so that the next attempt goes on from there.
 *
 * <p>Whoever writes to a partial file holds a lock on it; others begin one of their own. One that
 * nobody holds is taken over by giving it a new name, in which only one can succeed. What is
 * written through {@link #append} can therefore never get into a file of somebody else, nor into a
 * target.
 */
public final class ResumableFile implements AutoCloseable {

  private static final String ENDING = ".part";

  /** A process that opens and closes a file loses its locks on it: it must know its own. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final Path target;
  private final FileChannel channel;
  private long length;
  private boolean committed;

  private ResumableFile(Path path, Path target, FileChannel channel) throws IOException {
    this.path = path;
    this.target = target;
    this.channel = channel;
    length = channel.size();
    channel.position(length);
  }

  /**
   * Takes over what earlier attempts have left, the longest file of it, and removes the rest; else
   * creates an empty file, and the folder it lives in where that is missing.
   *
   * @param target the file to be
   * @return the partial file
   * @throws IOException if it cannot be created
   */
  public static synchronized ResumableFile beside(Path target) throws IOException {
    Path parent = target.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Path folder = parent.toRealPath();
    Path file = folder.resolve(target.getFileName());
    List<ResumableFile> left = new ArrayList<>();
    for (Path part : parts(file)) {
      takeOver(part, file).ifPresent(left::add);
    }
    left.sort(Comparator.comparingLong(ResumableFile::length).reversed());
    for (int i = 1; i < left.size(); i++) {
      left.get(i).restart();
      left.get(i).close();
    }
    return left.isEmpty() ? create(file) : left.get(0);
  }

  private static String prefix(Path target) {
    return "." + target.getFileName() + ".";
  }

  private static Path newPath(Path target) {
    Path path = target.resolveSibling(prefix(target) + UUID.randomUUID() + ENDING);
    HELD.add(path);
    return path;
  }

  private static List<Path> parts(Path target) throws IOException {
    List<Path> parts = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(target.getParent())) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.startsWith(prefix(target)) && name.endsWith(ENDING) && !HELD.contains(file)) {
          parts.add(file);
        }
      }
    }
    return parts;
  }

  private static ResumableFile create(Path target) throws IOException {
    Path path = newPath(target);
    try {
      // Not createTempFile: its file, and so the target, would be readable by its owner only.
      FileChannel channel =
          FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      ResumableFile created = new ResumableFile(path, target, channel);
      created.lock();
      return created;
    } catch (IOException e) {
      HELD.remove(path);
      throw e;
    }
  }

  private static Optional<ResumableFile> takeOver(Path part, Path target) throws IOException {
    Path path = newPath(target);
    try {
      FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
      ResumableFile taken = new ResumableFile(path, target, channel);
      if (taken.lock() && taken.rename(part)) {
        return Optional.of(taken);
      }
      channel.close();
    } catch (NoSuchFileException | AccessDeniedException e) {
      // It was completed or taken over in between, or is another user's: not ours.
    }
    HELD.remove(path);
    return Optional.empty();
  }

  /** Tells whether the file is now ours; on a file system without locks none ever is. */
  private boolean lock() {
    try {
      return channel.tryLock() != null;
    } catch (IOException e) {
      return false;
    }
  }

  /** Tells whether the part still had its name. */
  private boolean rename(Path part) throws IOException {
    try {
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Returns where to read what has arrived.
   *
   * @return the partial file's path
   */
  public Path path() {
    return path;
  }

  /**
   * Returns how much has arrived.
   *
   * @return bytes, those of earlier attempts included
   */
  public long length() {
    return length;
  }

  /**
   * Writes at the end.
   *
   * @param bytes what has arrived
   * @throws FileSystemException if that fails, with the file and the reason
   */
  public void append(ByteBuffer bytes) throws FileSystemException {
    try {
      while (bytes.hasRemaining()) {
        length += channel.write(bytes);
      }
    } catch (IOException e) {
      throw explained(e);
    }
  }

  /**
   * Forgets what has arrived.
   *
   * @throws FileSystemException if that fails, with the file and the reason
   */
  public void restart() throws FileSystemException {
    try {
      channel.truncate(0).position(0);
      length = 0;
    } catch (IOException e) {
      throw explained(e);
    }
  }

  /** A channel's exceptions do not say which file, nor that it was one. */
  private FileSystemException explained(IOException e) {
    FileSystemException explained =
        new FileSystemException(path.toString(), null, String.valueOf(e.getMessage()));
    explained.initCause(e);
    return explained;
  }

  /**
   * Gives the complete file its final name, durably, replacing a file that has it.
   *
   * @throws IOException if that fails; a file of that name is then untouched
   */
  public void commit() throws IOException {
    channel.force(true);
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
    committed = true;
    DiskOperations.INSTANCE.syncFolder(target.getParent());
  }

  /** Leaves what has arrived to the next attempt; an empty file is removed. */
  @Override
  public void close() throws IOException {
    try {
      if (!committed && length == 0) {
        Files.deleteIfExists(path);
      }
    } finally {
      channel.close();
      HELD.remove(path);
    }
  }
}
