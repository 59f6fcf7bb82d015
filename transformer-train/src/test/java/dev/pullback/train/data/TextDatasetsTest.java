package dev.pullback.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextDatasetsTest {

  private static final String CONTENT = "The quick brown fox jumps over the lazy dog";
  private static final String SHA256 =
      "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592";

  @TempDir private Path folder;
  private final List<String> log = new ArrayList<>();
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
  @CsvSource({"tinyshakespeare, tinyshakespeare", "plays, plays", ", tinyshakespeare"})
  void loadsByNameAndTinyShakespeareByDefault(String dataset, String expected) {
    assertEquals(expected, load(dataset, null, server.uri("/good")).name());
  }

  @Test
  void loadsFile() throws IOException {
    Path file = Files.writeString(folder.resolve("mine.txt"), "my text");

    TextData text = load(null, file, server.uri("/good"));
    assertEquals("mine.txt", text.name());
    assertEquals("my text", text.text());
    assertEquals("the text file " + file, text.origin());
    assertEquals(List.of(), log);
  }

  @Test
  void refusesNameAndFileTogether() {
    assertRefused("plays", Path.of("mine.txt"), "--dataset plays and --data mine.txt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Plays", "shakespeare", ""})
  void unknownNameListsTheKnownOnes(String name) {
    assertRefused(name, null, "'" + name + "'; --dataset knows tinyshakespeare, plays");
  }

  @Test
  void everyListedNameLoads() {
    for (String name : TextDatasets.names()) {
      if (!name.equals(TextDatasets.JAVA_SOURCE)) { // which is prepared
        assertEquals(name, load(name, null, server.uri("/good")).name());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"/missing, HTTP status 404", "/wrong, checksum", "/cut, bytes"})
  void defaultFallsBackToThePlaysAndSaysWhy(String path, String reason) {
    URI uri = server.uri(path);

    assertEquals("plays", load(null, null, uri).name());

    assertEquals(2, log.size(), log::toString);
    String line = log.get(1);
    assertTrue(line.startsWith("cannot download " + uri + ": "), line);
    assertTrue(line.contains(reason), line);
    assertTrue(line.endsWith("; using the embedded plays instead"), line);
  }

  @Test
  void namedDataSetDoesNotFallBack() {
    InputException e =
        assertThrows(
            InputException.class, () -> load("tinyshakespeare", null, server.uri("/missing")));
    assertTrue(e.getMessage().contains("HTTP status 404"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = "tinyshakespeare")
  @NullSource
  void presentFileWithAnotherChecksumIsNoReasonToFallBack(String dataset) throws IOException {
    Path file = folder.resolve("tinyshakespeare/input.txt");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "changed");

    assertRefused(dataset, null, file + " has the SHA-256 checksum");
  }

  private void assertRefused(String dataset, Path file, String reason) {
    URI uri = server.uri("/good");
    InputException e = assertThrows(InputException.class, () -> load(dataset, file, uri));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  private TextData load(String dataset, Path file, URI uri) {
    TinyShakespeare tinyShakespeare =
        new TinyShakespeare(new RemoteFile(uri, SHA256).withPause(Duration.ofMillis(1)));
    return new TextDatasets(tinyShakespeare, new Plays())
        .load(dataset, file, new DataDirectory(folder), log::add);
  }
}
