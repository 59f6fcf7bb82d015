package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  @TempDir private Path folder;

  @Test
  void createsNestedFoldersAndLeavesNothingInThem() throws IOException {
    RunDirectory run = RunDirectory.create(folder.resolve("a/b"));
    try (var content = Files.list(run.path())) {
      assertEquals(0, content.count());
    }
  }

  @Test
  void refusesAFolderThatIsNotEmpty() throws IOException {
    Files.writeString(folder.resolve("thesis.txt"), "precious");
    InputException e = assertThrows(InputException.class, () -> RunDirectory.create(folder));
    assertTrue(e.getMessage().contains("--resume"), e.getMessage());
    assertEquals("precious", Files.readString(folder.resolve("thesis.txt")));
  }

  @Test
  void refusesAPlaceBelowAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    InputException e =
        assertThrows(InputException.class, () -> RunDirectory.create(file.resolve("run")));
    assertTrue(e.getMessage().startsWith("cannot write to --out"), e.getMessage());
  }

  @Test
  void refusesToOpenWhatIsNoRun() throws IOException {
    assertThrows(InputException.class, () -> RunDirectory.open(folder));
    Files.writeString(folder.resolve("config.yaml"), "");
    InputException e = assertThrows(InputException.class, () -> RunDirectory.open(folder));
    assertTrue(e.getMessage().contains("no checkpoint"), e.getMessage());
  }

  @Test
  void aFailedCheckpointLeavesTheOneBefore() throws IOException {
    RunDirectory run = RunDirectory.create(folder.resolve("run"));
    run.saveConfig("");
    run.saveCheckpoint(next -> Files.writeString(next.resolve("state"), "first"));
    assertThrows(
        IOException.class,
        () ->
            run.saveCheckpoint(
                next -> {
                  Files.writeString(next.resolve("state"), "half");
                  throw new IOException("disk full");
                }));
    assertEquals("first", Files.readString(run.checkpoint().resolve("state")));
    run.saveCheckpoint(next -> Files.writeString(next.resolve("state"), "second"));
    assertEquals("second", Files.readString(run.checkpoint().resolve("state")));
    try (var content = Files.list(run.path())) {
      assertEquals(2, content.count(), "config.yaml and checkpoint, no leftovers");
    }
  }

  /** A kill between the two moves leaves the previous checkpoint beside its place. */
  @Test
  void findsTheCheckpointThatAKillLeftBesideItsPlace() throws IOException {
    RunDirectory run = RunDirectory.create(folder.resolve("run"));
    run.saveConfig("");
    Path previous = Files.createDirectory(run.path().resolve("checkpoint.previous"));
    Files.writeString(previous.resolve("state"), "good");
    Files.createDirectory(run.path().resolve("checkpoint.next"));
    assertEquals(
        "good", Files.readString(RunDirectory.open(run.path()).checkpoint().resolve("state")));
    assertFalse(Files.exists(previous));
  }
}
