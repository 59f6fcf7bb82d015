package dev.pullback.train.corpus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetches from a folder that stands in for Maven Central, as a mirror in settings. */
class MavenTextsTest {

  private static final byte[] JAR = "not looked into here".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;
  private Path settings;
  private Path archive;

  @BeforeEach
  void write() throws IOException, NoSuchAlgorithmException {
    Path remote = folder.resolve("remote");
    archive = remote.resolve("org/example/lib/1.0/lib-1.0-sources.jar");
    Files.createDirectories(archive.getParent());
    Files.write(archive, JAR);
    String sha1 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(JAR));
    Files.writeString(archive.resolveSibling(archive.getFileName() + ".sha1"), sha1);
    settings = folder.resolve("settings.xml");
    Files.writeString(
        settings,
        """
        <settings>
          <mirrors>
            <mirror><id>m</id><url>%s</url><mirrorOf>*</mirrorOf></mirror>
          </mirrors>
        </settings>
        """
            .formatted(remote.toUri()));
  }

  private Path resolve(String coordinates) {
    return MavenTexts.resolve(coordinates, settings, folder.resolve("local"));
  }

  @Test
  void fetchesOverTheMirrorOnceAndThenHasIt() throws IOException {
    Path jar = resolve("org.example:lib:1.0:sources");
    assertTrue(jar.startsWith(folder.resolve("local")), jar.toString());
    assertArrayEquals(JAR, Files.readAllBytes(jar));
    Files.delete(archive);
    assertArrayEquals(JAR, Files.readAllBytes(resolve("org.example:lib:1.0:sources")));
  }

  @Test
  void refusesAnArchiveWithAnotherChecksum() throws IOException {
    Files.writeString(archive, "changed on the way");
    String message = refusal("org.example:lib:1.0:sources");
    assertTrue(message.toLowerCase(Locale.ROOT).contains("checksum"), message);
    assertFalse(
        Files.exists(folder.resolve("local/org/example/lib/1.0/lib-1.0-sources.jar")), "kept");
  }

  @Test
  void saysWhatIsNotThere() {
    String message = refusal("org.example:lib:2.0:sources");
    assertTrue(message.startsWith("cannot fetch maven:org.example:lib:2.0:sources: "), message);
  }

  private String refusal(String coordinates) {
    InputException e = assertThrows(InputException.class, () -> resolve(coordinates));
    assertFalse(e.getMessage().contains("\n"));
    return e.getMessage();
  }

  @Test
  void theListOfJavaSourcesIsWellFormed() {
    List<CorpusPreset.Archive> archives = CorpusPreset.archives();
    assertTrue(archives.size() > 20);
    Set<String> names = new TreeSet<>();
    for (CorpusPreset.Archive archive : archives) {
      assertTrue(names.add(archive.coordinates()), "twice: " + archive);
      assertTrue(archive.coordinates().matches("[^: ]+:[^: ]+:[^: ]+:sources"), archive.toString());
      assertTrue(archive.sha256().matches("[0-9a-f]{64}"), archive.toString());
    }
  }
}
