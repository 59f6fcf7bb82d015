package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.optim.Kernels;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Precision;
import dev.pullback.train.store.RunLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentsTest {

  private static final Experiments.Ablation NOTHING =
      new Experiments.Ablation(List.of(), List.of(), List.of(), List.of(), List.of());

  @TempDir private Path out;
  private final List<String> lines = new ArrayList<>();

  @Test
  void keepsResultsAndDoesNotRunThemAgain() throws IOException {
    assertTrue(experiments(List.of("adam"), 0).run("lowdim"));
    Path row = out.resolve("trials/lowdim/beale/adam/seed-0/row.json");
    FileTime written = Files.getLastModifiedTime(row);
    assertTrue(experiments(List.of("sgd"), 0).run("lowdim"));
    assertTrue(experiments(List.of("adam"), 0).run("lowdim"));
    assertEquals(written, Files.getLastModifiedTime(row));
    JsonNode rows = results();
    assertEquals(6, rows.size(), "three functions for adam, three for sgd");
    assertEquals(58, row(rows, "beale", "adam").path("steps").asInt());
    assertFalse(row(rows, "beale", "adam").path("failed").asBoolean());
  }

  @Test
  void leavesATrialToTheProcessThatIsAtIt() throws IOException {
    Path beale = Files.createDirectories(out.resolve("trials/lowdim/beale/adam/seed-0"));
    try (RunLock held = RunLock.take(beale).orElseThrow()) {
      assertNotNull(held);
      // Waits for it after the others, until it is told to stop.
      assertFalse(experiments(List.of("adam"), 0, () -> lines.size() == 2).run("lowdim"));
    }
    assertFalse(Files.exists(beale.resolve("row.json")));
    assertTrue(experiments(List.of("adam"), 0).run("lowdim"));
    assertTrue(Files.exists(beale.resolve("row.json")));
  }

  @Test
  void refusesAFolderOfOtherHyperparameters() throws IOException {
    assertTrue(experiments(List.of("adam"), 0).run("lowdim"));
    Path trial = out.resolve("trials/lowdim/beale/adam/seed-0/trial.json");
    Files.writeString(trial, Files.readString(trial).replace("0.75", "0.7"));
    InputException e =
        assertThrows(InputException.class, () -> experiments(List.of("adam"), 0).run("lowdim"));
    assertTrue(e.getMessage().contains("holds a trial with another beta1;"), e.getMessage());
  }

  @Test
  void countsFailedTrialsOfASearch() throws IOException {
    assertTrue(experiments(List.of("sgd"), 4).run("lowdim"));
    JsonNode rows = results();
    assertEquals(5 * 4, rows.size());
    assertEquals("search", rows.path(0).path("task").asText());
    assertEquals(5, lines.stream().filter(line -> line.startsWith("Best of 4: ")).count());
    long failed =
        StreamSupport.stream(rows.spliterator(), false)
            .filter(row -> row.path("failed").asBoolean())
            .count();
    assertTrue(failed > 0 && failed < rows.size(), () -> failed + " failed");
  }

  @Test
  void refusesWhatItCannotDo() {
    assertTrue(refusal("kmnist", "sgd").contains("no task 'kmnist'"));
    assertTrue(refusal("lowdim", "muon").contains("no searches for least values by muon"));
  }

  private String refusal(String task, String optimizer) {
    return assertThrows(InputException.class, () -> experiments(List.of(optimizer), 0).run(task))
        .getMessage();
  }

  private Experiments experiments(List<String> optimizers, int search) {
    return experiments(optimizers, search, () -> false);
  }

  private Experiments experiments(List<String> optimizers, int search, BooleanSupplier stop) {
    RunOptions common = RunOptions.onEngine(TrainingEngine.PYTORCH, null, Precision.FLOAT32);
    common.kernels = Kernels.PORTABLE;
    common.dataDir = out.resolve("no-data");
    return new Experiments(
        out,
        new Experiments.Settings(optimizers, 1, search, NOTHING, common, "test"),
        stop,
        lines::add);
  }

  private JsonNode results() throws IOException {
    return new ObjectMapper().readTree(out.resolve("results.json").toFile()).path("rows");
  }

  private static JsonNode row(JsonNode rows, String function, String optimizer) {
    return StreamSupport.stream(rows.spliterator(), false)
        .filter(r -> r.path("function").asText().equals(function))
        .filter(r -> r.path("optimizer").asText().equals(optimizer))
        .findFirst()
        .orElseThrow();
  }
}
