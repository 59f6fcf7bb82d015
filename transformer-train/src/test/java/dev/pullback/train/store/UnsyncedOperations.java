package dev.pullback.train.store;

import java.io.IOException;
import java.nio.file.Path;

/** The operations on the real disk, but nothing waits for it. */
class UnsyncedOperations implements FileOperations {

  private static final FileOperations DISK = DiskOperations.INSTANCE;

  private record UnsyncedOutput(Output output) implements Output {

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      output.write(bytes, offset, length);
    }

    @Override
    public void sync() throws IOException {}

    @Override
    public void close() throws IOException {
      output.close();
    }
  }

  @Override
  public Output create(Path file) throws IOException {
    return new UnsyncedOutput(DISK.create(file));
  }

  @Override
  public Output append(Path file) throws IOException {
    return new UnsyncedOutput(DISK.append(file));
  }

  @Override
  public void syncFolder(Path folder) throws IOException {}

  @Override
  public void rename(Path from, Path to) throws IOException {
    DISK.rename(from, to);
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    DISK.createFolder(folder);
  }

  @Override
  public void delete(Path path) throws IOException {
    DISK.delete(path);
  }
}
