package dev.pullback.train.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The operations on a real disk. */
final class DiskOperations implements FileOperations {

  static final DiskOperations INSTANCE = new DiskOperations();

  /** For each write the JDK allocates native memory of its size, and keeps it. */
  private static final int MOST_BYTES_AT_ONCE = 1 << 20;

  private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

  private DiskOperations() {}

  private record ChannelOutput(FileChannel channel) implements Output {

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int end = offset + length;
      for (int from = offset; from < end; ) {
        int count = Math.min(MOST_BYTES_AT_ONCE, end - from);
        from += channel.write(ByteBuffer.wrap(bytes, from, count));
      }
    }

    @Override
    public void sync() throws IOException {
      channel.force(true);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public Output create(Path file) throws IOException {
    return new ChannelOutput(
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  @Override
  public Output append(Path file) throws IOException {
    return new ChannelOutput(
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    if (WINDOWS) {
      return; // folders cannot be opened there; names are journalled
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // What some file systems answer that cannot sync folders.
      if (!"Invalid argument".equals(e.getMessage())) {
        throw e;
      }
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.delete(path);
  }
}
