package dev.pullback.train.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Files that are there as a whole or not at all, and stay after a power loss. */
public final class AtomicFiles {

  private static final Pattern PARTIAL_NAME =
      Pattern.compile("\\..+\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.part");

  private AtomicFiles() {}

  /**
   * Replaces a file in one step, creating the folder it lives in where that is missing.
   *
   * @param file the file, which need not exist
   * @param content its new content
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void replace(Path file, String content) throws IOException {
    replace(file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Replaces a file in one step, creating the folder it lives in where that is missing.
   *
   * @param file the file, which need not exist
   * @param content writes its new content
   * @throws IOException if writing fails; the file is then as it was
   */
  public static void replace(Path file, Content content) throws IOException {
    createFolders(DiskOperations.INSTANCE, file.toAbsolutePath().getParent());
    replace(DiskOperations.INSTANCE, file, content);
  }

  /** Writes what a file is to hold. */
  @FunctionalInterface
  public interface Content {

    /**
     * Writes it.
     *
     * @param out where to; not to be closed
     * @throws IOException if that fails
     */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Creates a folder and those above it where they are missing, durably.
   *
   * @param folder the folder
   * @throws IOException if one of them cannot be created
   */
  public static void createFolders(Path folder) throws IOException {
    createFolders(DiskOperations.INSTANCE, folder);
  }

  /**
   * Deletes a file, or a folder with all it holds; no link is followed.
   *
   * @param path what to delete
   * @throws IOException if that fails; some of it may be gone then
   */
  public static void delete(Path path) throws IOException {
    deleteAll(DiskOperations.INSTANCE, path);
  }

  static void replace(FileOperations files, Path file, String content) throws IOException {
    replace(files, file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
  }

  private static void replace(FileOperations files, Path file, Content content) throws IOException {
    Path partial = partialBeside(file);
    try {
      try (FileOperations.Output output = files.create(partial)) {
        content.writeTo(
            new OutputStream() {
              @Override
              public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
              }

              @Override
              public void write(byte[] bytes, int offset, int length) throws IOException {
                output.write(bytes, offset, length);
              }
            });
        output.sync();
      }
      files.rename(partial, file);
    } catch (IOException | RuntimeException e) {
      deleteAfter(e, files, partial);
      throw e;
    }
    files.syncFolder(file.toAbsolutePath().getParent());
  }

  /** Returns a new temporary name in the folder of a file, which {@link #isPartial} knows. */
  static Path partialBeside(Path file) {
    return file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
  }

  /** Tells whether a name is one that a killed process may have left behind. */
  static boolean isPartial(Path path) {
    return PARTIAL_NAME.matcher(path.getFileName().toString()).matches();
  }

  /** Creates a folder and those above it where they are missing, durably. */
  static void createFolders(FileOperations files, Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent != null) {
      createFolders(files, parent);
    }
    try {
      files.createFolder(absolute);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(absolute)) { // else another process was faster
        throw e;
      }
    }
    if (parent != null) {
      files.syncFolder(parent);
    }
  }

  /** Deletes a file, or a folder with all it holds; no link is followed. */
  static void deleteAll(FileOperations files, Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      for (Path inner : list(path)) {
        deleteAll(files, inner);
      }
    }
    files.delete(path);
  }

  /** Deletes what a failed operation leaves; if that fails too, the first failure says so. */
  static void deleteAfter(Exception failure, FileOperations files, Path path) {
    try {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        deleteAll(files, path);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Lists a folder. */
  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> content = Files.list(folder)) {
      return content.toList();
    }
  }
}
