package dev.pullback.train.corpus;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Texts as a person names them.
 *
 * @param name path, glob or coordinates, as given
 * @param files what it stands for, in order of their names
 */
public record Source(String name, List<SourceFile> files) {

  private static final String MAVEN = "maven:";
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  /**
   * Finds what a name stands for.
   *
   * @param name {@code maven:} and coordinates; else a file; a folder, whose files are taken but
   *     for hidden ones; or a glob such as {@code src/**}{@code /*.java}
   * @param endings of the names of files that are taken from folders; none for all
   * @return the source
   * @throws InputException if it does not exist or is nothing to read
   */
  public static Source of(String name, Collection<String> endings) {
    if (name.startsWith(MAVEN)) {
      Path jar = MavenTexts.resolve(name.substring(MAVEN.length()));
      return new Source(name, List.of(file(name, jar)));
    }
    try {
      Path path = Path.of(name);
      if (Files.isDirectory(path)) {
        return new Source(
            name,
            below(
                name,
                path,
                file ->
                    endings.isEmpty()
                        || Documents.hasEnding(file.getFileName().toString(), endings)));
      }
      if (!Files.exists(path) && WILDCARD.matcher(name).find()) {
        return glob(name);
      }
      return new Source(name, List.of(file(name, path)));
    } catch (InvalidPathException e) {
      if (WILDCARD.matcher(name).find()) {
        return glob(name); // on Windows a star is in no path
      }
      throw new InputException("'%s' is no path: %s".formatted(name, e.getReason()), e);
    }
  }

  private static Source glob(String name) {
    int wildcard = name.length() - WILDCARD.split(name, 2)[1].length() - 1;
    int folder = name.lastIndexOf('/', wildcard);
    Path root = Path.of(folder < 0 ? "" : name.substring(0, folder + 1));
    try {
      PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + name);
      return new Source(name, below(name, root, matcher::matches));
    } catch (PatternSyntaxException e) {
      throw new InputException("'%s' is no glob: %s".formatted(name, e.getDescription()), e);
    }
  }

  /** Links are followed; nothing hidden is looked at. */
  private static List<SourceFile> below(String name, Path root, Predicate<Path> choice) {
    List<SourceFile> files = new ArrayList<>();
    FileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return isHidden(root, folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !isHidden(root, file) && choice.test(file)) {
              files.add(file(file.toString(), file));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof FileSystemLoopException || isHidden(root, file)) {
              return FileVisitResult.CONTINUE; // a link to where we are
            }
            throw e;
          }
        };
    try {
      Files.walkFileTree(root, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(root, FailureReason.of(e)), e);
    }
    if (files.isEmpty()) {
      throw new InputException("no file was found in '%s'".formatted(name));
    }
    files.sort(Comparator.comparing(SourceFile::name));
    return List.copyOf(files);
  }

  /** Returns the source without what is below a folder, such as the corpus that is made of it. */
  Source outside(Path folder) {
    List<SourceFile> others =
        files.stream()
            .filter(file -> !file.path().toAbsolutePath().normalize().startsWith(folder))
            .toList();
    if (others.isEmpty()) {
      throw new InputException("%s lies in --out %s; choose another".formatted(name, folder));
    }
    return new Source(name, others);
  }

  private static boolean isHidden(Path root, Path file) {
    for (Path part : root.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static SourceFile file(String name, Path path) {
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new InputException(name + " is no file that can be read twice; give a regular file");
      }
      return new SourceFile(name, path, Files.size(path));
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(name, FailureReason.of(e)), e);
    }
  }

  /** Reads all files for their checksums. */
  Manifest.Origin origin() throws IOException {
    StringBuilder lines = new StringBuilder();
    long bytes = 0;
    for (SourceFile file : files) {
      String sha256 = sha256(file);
      bytes += file.size();
      if (files.size() == 1) {
        return new Manifest.Origin(name, 1, bytes, sha256);
      }
      lines.append(sha256).append("  ").append(file.name()).append('\n');
    }
    String sha256 = Sha256.of(lines.toString().getBytes(StandardCharsets.UTF_8));
    return new Manifest.Origin(name, files.size(), bytes, sha256);
  }

  /** Makes sure that this is one file of a known content. */
  void require(String sha256) {
    SourceFile file = files.get(0);
    String found = sha256(file);
    if (!found.equals(sha256)) {
      throw new InputException(
          "%s at %s has the SHA-256 checksum %s, expected %s; delete it to fetch it again"
              .formatted(name, file.path(), found, sha256));
    }
  }

  private static String sha256(SourceFile file) {
    try {
      return Sha256.of(file.path());
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(file.name(), FailureReason.of(e)), e);
    }
  }
}
