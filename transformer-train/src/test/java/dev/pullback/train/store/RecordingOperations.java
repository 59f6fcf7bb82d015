package dev.pullback.train.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Works on the real disk and remembers what it did, for {@link DiskModel}. */
final class RecordingOperations extends UnsyncedOperations {

  /** An operation; paths are relative to the root. */
  sealed interface Operation {}

  /** Opens a file, which is new or appended to; {@code handle} is used by what follows. */
  record Open(Path path, int handle) implements Operation {}

  /** The bytes are characters of ISO 8859-1, each for its number. */
  record Write(int handle, String bytes) implements Operation {}

  record Sync(int handle) implements Operation {}

  record SyncFolder(Path path) implements Operation {}

  record Rename(Path from, Path to) implements Operation {}

  record CreateFolder(Path path) implements Operation {}

  record Delete(Path path) implements Operation {}

  /** No operation: from here on this step must survive. */
  record Promise(long step) implements Operation {}

  private final Path root;
  private final List<Operation> log = new ArrayList<>();
  private int handles;

  RecordingOperations(Path root) {
    this.root = root;
  }

  List<Operation> log() {
    return log;
  }

  void promise(long step) {
    log.add(new Promise(step));
  }

  private Path relative(Path path) throws IOException {
    return root.toRealPath().relativize(root.toRealPath().resolve(path.toAbsolutePath()));
  }

  private Output recorded(Output output, Path file) throws IOException {
    int handle = handles++;
    log.add(new Open(relative(file), handle));
    return new Output() {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        log.add(new Write(handle, new String(bytes, offset, length, ISO_8859_1)));
        output.write(bytes, offset, length);
      }

      @Override
      public void sync() {
        log.add(new Sync(handle));
      }

      @Override
      public void close() throws IOException {
        output.close();
      }
    };
  }

  @Override
  public Output create(Path file) throws IOException {
    return recorded(super.create(file), file);
  }

  @Override
  public Output append(Path file) throws IOException {
    return recorded(super.append(file), file);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    log.add(new SyncFolder(relative(folder)));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    log.add(new Rename(relative(from), relative(to)));
    super.rename(from, to);
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    log.add(new CreateFolder(relative(folder)));
    super.createFolder(folder);
  }

  @Override
  public void delete(Path path) throws IOException {
    log.add(new Delete(relative(path)));
    super.delete(path);
  }
}
