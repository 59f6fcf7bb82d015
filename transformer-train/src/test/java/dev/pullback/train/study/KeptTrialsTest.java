package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.store.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
      assertTrue(file.getParent().endsWith(trial.folder()), () -> file + ", " + trial.folder());
      assertEquals(trial.folder().toString(), row.trial());
    }
  }

  @Test
  void aRowIsWrittenWithItsComponentsOnly() {
    JsonMapper json = new JsonMapper();
    ResultRow row = ResultRow.of(json.createObjectNode().put("failed", true), Path.of("row.json"));
    JsonNode written = json.valueToTree(row);
    Set<String> names = new TreeSet<>();
    written.fieldNames().forEachRemaining(names::add);
    assertEquals(
        Set.of("best", "failed", "final", "hyperparameters", "optimizer", "run", "steps", "task"),
        names);
  }
}
