package dev.pullback.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pullback.train.InputException;
import dev.pullback.train.data.TestServer.Answer;
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
    "/missing, HTTP status 404, 0",
    "/error, HTTP status 500, 0",
    "/wrong, 'expected " + SHA256 + "', 0",
    "/cut, 21 bytes are kept to go on from, 21",
    "/stall, not complete after 0.5 s (21 bytes are kept to go on from), 21",
  })
  void failedDownloadLeavesWhatArrived(String path, String reason, int kept) throws IOException {
    URI uri = server.uri(path);
    assertDownloadFails(remote(uri).withTimeout(Duration.ofMillis(500)), reason, kept);
  }

  @Test
  void goesOnWhereverAConnectionWasCutOff() throws IOException {
    for (int cut = 0; cut < CONTENT.length(); cut++) {
      answers(Answer.of(cut), Answer.of(CONTENT.length()));

      Path target = fetchPieces("file" + cut);

      assertEquals(CONTENT, Files.readString(target));
      assertEquals(
          List.of("null", cut == 0 ? "null" : "bytes=" + cut + "-"), server.ranges, "cut " + cut);
      assertEquals(cut == 0 ? "null" : "\"1\"", server.versions.get(1));
      assertEquals(List.of(target), filesBelow(folder));
      Files.delete(target);
    }
  }

  @Test
  void everyByteMayCostAConnection() throws IOException {
    answers(Answer.of(1));
    assertEquals(CONTENT, Files.readString(fetchPieces("file")));
    assertEquals(CONTENT.length(), server.ranges.size());
  }

  @ParameterizedTest
  @CsvSource({"false, '\"1\"'", "true, '\"2\"'"})
  void beginsAgainWhereTheServerHasNoPartOrAnotherVersion(boolean ranges, String version)
      throws IOException {
    answers(Answer.of(10), new Answer(CONTENT.length(), version, ranges, 0));
    assertEquals(CONTENT, Files.readString(fetchPieces("file")));
    assertEquals(List.of("null", "bytes=10-"), server.ranges);
  }

  @Test
  void theNextCallGoesOn() throws IOException {
    answers(Answer.of(10), Answer.failing(503));
    assertThrows(InputException.class, () -> fetchPieces("file"));
    assertEquals(5, server.ranges.size(), "once, and four tries to go on");
    List<Path> left = filesBelow(folder);
    assertEquals(1, left.size());
    assertEquals(CONTENT.substring(0, 10), Files.readString(left.get(0)));

    answers(Answer.of(CONTENT.length()));
    Path target = fetchPieces("file");
    assertEquals(CONTENT, Files.readString(target));
    assertEquals(List.of("bytes=10-"), server.ranges);
    assertEquals(List.of(target), filesBelow(folder));
  }

  @Test
  void aFailureThatWillNotChangeIsNotTriedAgain() {
    answers(Answer.failing(403));
    assertThrows(InputException.class, () -> fetchPieces("file"));
    assertEquals(1, server.ranges.size());
  }

  @ParameterizedTest
  @CsvSource({
    "of another content, 'xxxxxxxxxx', 2",
    "as long but another content, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 2",
    "complete, '" + CONTENT + "', 1",
    "too long, '" + CONTENT + "and runs', 2",
  })
  void leftoversNeedNotFit(String what, String leftover, int connections) throws IOException {
    answers(Answer.of(CONTENT.length()));
    Files.writeString(folder.resolve(".file.1.part"), leftover);
    Path target = fetchPieces("file");
    assertEquals(CONTENT, Files.readString(target), what);
    assertEquals(connections, server.ranges.size(), what);
    assertEquals(List.of(target), filesBelow(folder));
  }

  @Test
  void refusedConnectionLeavesNothing() throws IOException {
    assertDownloadFails(remote(TestServer.refusing()), "connection refused", 0);
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

  private void answers(Answer... given) {
    server.answers.clear();
    server.answers.addAll(List.of(given));
    server.ranges.clear();
    server.versions.clear();
  }

  private Path fetchPieces(String name) {
    return remote(server.uri("/pieces")).fetch(folder.resolve(name));
  }

  private void assertDownloadFails(RemoteFile remote, String reason, int kept) throws IOException {
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
    List<Path> left = filesBelow(folder);
    assertEquals(kept == 0 ? 0 : 1, left.size(), left::toString);
    for (Path part : left) {
      assertEquals(CONTENT.substring(0, kept), Files.readString(part));
      assertTrue(part.getFileName().toString().startsWith("."), "hidden: " + part);
    }
  }

  private static RemoteFile remote(URI uri) {
    return new RemoteFile(uri, SHA256).withPause(Duration.ofMillis(1));
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
