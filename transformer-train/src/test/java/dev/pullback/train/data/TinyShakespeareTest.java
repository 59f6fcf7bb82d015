package dev.pullback.train.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TinyShakespeareTest {

  private static final String CONTENT = "The quick brown fox jumps over the lazy dog";
  private static final String SHA256 =
      "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592";

  @TempDir private Path folder;
  private final List<String> log = new ArrayList<>();

  @Test
  void downloadsOnceAndThenUsesTheFile() throws IOException {
    Path target = folder.resolve("tinyshakespeare/input.txt");
    URI uri;
    try (TestServer server = new TestServer(CONTENT.getBytes(UTF_8))) {
      uri = server.uri("/good");
      TextData data = load(uri);

      assertEquals("tinyshakespeare", data.name());
      assertEquals(CONTENT, data.text());
      assertEquals("TinyShakespeare from " + target, data.origin());
      assertEquals(List.of("downloading " + uri + " to " + target), log);
    }
    log.clear();

    assertEquals(CONTENT, load(uri).text());
    assertEquals(List.of(), log);
  }

  @Test
  void failedDownloadNamesTheOtherTexts() throws IOException {
    URI refusing = TestServer.refusing();

    InputException e = assertThrows(InputException.class, () -> load(refusing));

    assertTrue(e.getMessage().contains(refusing.toString()), e.getMessage());
    assertTrue(e.getMessage().contains("--dataset plays"), e.getMessage());
    assertTrue(e.getMessage().contains("--data FILE"), e.getMessage());
  }

  @Test
  void realFileIsComplete() {
    String data = System.getenv("PULLBACK_DATA");
    assumeTrue(data != null, "needs PULLBACK_DATA, the folder of the real data sets");
    DataDirectory directory = new DataDirectory(Path.of(data));
    assumeTrue(
        Files.exists(directory.file("tinyshakespeare", "input.txt")),
        "PULLBACK_DATA has no tinyshakespeare/input.txt");

    String text = new TinyShakespeare().load(directory, log::add).text();

    assertEquals(1_115_394, text.length());
    assertTrue(text.startsWith("First Citizen:\nBefore we proceed any further, hear me speak.\n"));
  }

  private TextData load(URI uri) {
    return new TinyShakespeare(new RemoteFile(uri, SHA256).withPause(Duration.ofMillis(1)))
        .load(new DataDirectory(folder), log::add);
  }
}
