package dev.pullback.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteFileTest {

  private static final String CONTENT = "The quick brown fox jumps over the lazy dog";

  /** Published test vector for SHA-256 of the content. */
  private static final String SHA256 =
      "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592";

  @TempDir private Path folder;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TestServer(CONTENT.getBytes(UTF_8));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/good", "/redirect"})
  void downloadsIntoMissingFolders(String path) throws IOException {
    Path target = folder.resolve("a/b/file.txt");

    assertEquals(target, remote(server.uri(path)).fetch(target));

    assertEquals(CONTENT, Files.readString(target));
    assertEquals(List.of(target), filesBelow(folder));
  }

  @Test
  void downloadedFileIsAsReadableAsAnyOther() throws IOException {
    assumeTrue(
        Files.getFileStore(folder).supportsFileAttributeView("posix"),
        "this file system has no POSIX permissions");
    Path other = Files.createFile(folder.resolve("other"));
    Path target = remote(server.uri("/good")).fetch(folder.resolve("file.txt"));

    assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(target));
  }

  @Test
  void presentFileNeedsNoNetwork() throws IOException {
    Path target = Files.writeString(folder.resolve("file.txt"), CONTENT);

    assertEquals(target, remote(TestServer.refusing()).fetch(target));
  }

  @ParameterizedTest
  @CsvSource({
    "/missing, HTTP status 404",
    "/error, HTTP status 500",
    "/wrong, 'expected " + SHA256 + "'",
    "/cut, bytes",
    "/stall, not complete after 0.5 s",
  })
  void failedDownloadLeavesNothing(String path, String reason) throws IOException {
    URI uri = server.uri(path);
    assertDownloadFails(remote(uri).withTimeout(Duration.ofMillis(500)), reason);
  }

  @Test
  void refusedConnectionLeavesNothing() throws IOException {
    assertDownloadFails(remote(TestServer.refusing()), "connection refused");
  }

  @Test
  void unusableFolderIsNamed() throws IOException {
    Path blocker = Files.createFile(folder.resolve("file"));
    Path target = blocker.resolve("data.txt");
    RemoteFile remote = remote(server.uri("/good"));

    InputException e = assertThrows(InputException.class, () -> remote.fetch(target));

    assertContains(e, "cannot write " + target);
  }

  @Test
  void presentFileWithAnotherChecksumIsRefusedAndKept() throws IOException {
    Path target = Files.writeString(folder.resolve("file.txt"), "mine");
    RemoteFile remote = remote(server.uri("/good")).withAlternative("use --data FILE");

    InputException e = assertThrows(InputException.class, () -> remote.fetch(target));

    assertContains(
        e, target.toString(), SHA256, Sha256.of(target), "delete it", ", or use --data FILE");
    assertEquals("mine", Files.readString(target));
  }

  @Test
  void directoryInPlaceOfTheFileIsRefused() {
    RemoteFile remote = remote(server.uri("/good"));

    InputException e = assertThrows(InputException.class, () -> remote.fetch(folder));

    assertContains(e, folder + " is a directory");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "d7a8", "D7A8FBB307D7809469CA9ABCB0082E4F8D5651E46D3CDB762D02D0BF37C9E592"})
  void checksumMustBeLowerCaseSha256(String checksum) {
    URI uri = server.uri("/good");
    assertThrows(IllegalArgumentException.class, () -> new RemoteFile(uri, checksum));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void timeoutMustBePositive(long millis) {
    RemoteFile remote = remote(server.uri("/good"));
    Duration timeout = Duration.ofMillis(millis);
    assertThrows(IllegalArgumentException.class, () -> remote.withTimeout(timeout));
  }

  private void assertDownloadFails(RemoteFile remote, String reason) throws IOException {
    Path target = folder.resolve("data/file.txt");
    RemoteFile withAlternative = remote.withAlternative("use another");

    InputException e = assertThrows(InputException.class, () -> withAlternative.fetch(target));

    assertContains(
        e,
        remote.uri().toString(),
        reason,
        "put the file at " + target,
        "PULLBACK_DATA",
        "--data-dir",
        ", or use another");
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    assertEquals(List.of(), filesBelow(folder));
  }

  private static RemoteFile remote(URI uri) {
    return new RemoteFile(uri, SHA256);
  }

  private static void assertContains(InputException e, String... parts) {
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), () -> part + " is not in: " + e.getMessage());
    }
  }

  private static List<Path> filesBelow(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).toList();
    }
  }
}
