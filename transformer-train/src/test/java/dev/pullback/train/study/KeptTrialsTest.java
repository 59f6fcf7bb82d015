package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pullback.train.store.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The trials that this project keeps can be read by whoever reads new ones. */
class KeptTrialsTest {

  @Test
  void areRead() throws IOException {
    Path kept = Path.of(System.getProperty("pullback.root"), "docs", "results");
    List<Path> rows;
    try (Stream<Path> files = Files.walk(kept)) {
      rows = files.filter(file -> file.endsWith("row.json")).toList();
    }
    assertFalse(rows.isEmpty());
    for (Path file : rows) {
      TrialSpec trial = TrialSpec.read(file.resolveSibling("trial.json"));
      ResultRow row = ResultRow.of(JsonFile.object(file, "a row"), file);
      assertEquals(kept.resolve(trial.folder()), file.getParent());
      assertEquals(trial.folder().toString(), row.trial());
    }
  }
}
