package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ResumableFileTest {

  @TempDir private Path folder;
  private Path target;

  @BeforeEach
  void name() {
    target = folder.resolve("a/file");
  }

  @Test
  void goesOnWhereTheLastOneEnded() throws IOException {
    write("one ");
    write("two");
    try (ResumableFile file = ResumableFile.beside(target)) {
      assertEquals(7, file.length());
      file.commit();
    }
    assertEquals("one two", Files.readString(target));
    assertEquals(List.of(target), files());
  }

  @Test
  void whatIsBeingWrittenIsLeftAlone() throws IOException {
    try (ResumableFile first = ResumableFile.beside(target)) {
      first.append(bytes("first"));
      try (ResumableFile second = ResumableFile.beside(target)) {
        assertEquals(0, second.length());
        assertNotEquals(first.path(), second.path());
        second.append(bytes("second"));
      }
      first.append(bytes(", whole"));
      first.commit();
    }
    assertEquals("first, whole", Files.readString(target));
  }

  @Test
  void theLongestIsTakenAndTheOthersRemoved() throws IOException {
    Files.createDirectories(target.getParent());
    Files.writeString(target.resolveSibling(".file.x.part"), "123");
    Files.writeString(target.resolveSibling(".file.y.part"), "12345");
    Files.writeString(target.resolveSibling(".file.z.part"), "1");
    Path other = Files.writeString(target.resolveSibling(".files.z.part"), "another target's");
    try (ResumableFile file = ResumableFile.beside(target)) {
      assertEquals(5, file.length());
      assertEquals(List.of(file.path().toRealPath(), other.toRealPath()), files());
      file.restart();
    }
    assertEquals(List.of(other), files(), "an empty one is not kept");
  }

  /** In another process, which knows of it only by the lock. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void whatAnotherProcessWritesIsLeftAlone() throws Exception {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                target.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertEquals('w', writer.getInputStream().read(), "it has written");
    try (ResumableFile own = ResumableFile.beside(target)) {
      assertEquals(0, own.length());
    }
    writer.destroyForcibly().waitFor();
    try (ResumableFile taken = ResumableFile.beside(target)) {
      assertEquals(7, taken.length(), "that of the dead is taken over");
    }
  }

  /** Writes to a partial file and waits to be killed. */
  static final class Writer {

    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      try (ResumableFile file = ResumableFile.beside(Path.of(arguments[0]))) {
        file.append(bytes("process"));
        System.out.print('w');
        System.out.flush();
        assertTrue(System.in.read() < 0);
      }
    }
  }

  private void write(String text) throws IOException {
    try (ResumableFile file = ResumableFile.beside(target)) {
      file.append(bytes(text));
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
