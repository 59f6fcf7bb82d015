package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunWriterTest {

  private static final Retention LAST_TWO = new Retention(2, 0);

  @TempDir private Path folder;

  private static CheckpointWriter content(String text) {
    return files -> files.create("state").write(text.getBytes(StandardCharsets.UTF_8));
  }

  private RunWriter created() throws IOException {
    RunWriter writer = RunWriter.create(folder.resolve("a/run"));
    writer.write("config.yaml", "lr: 0.1\n");
    return writer;
  }

  private static List<String> names(RunFolder run) {
    return run.checkpoints().stream().map(c -> c.folder().getFileName().toString()).toList();
  }

  private static String state(Optional<Checkpoint> checkpoint) throws IOException {
    return Files.readString(checkpoint.orElseThrow().file("state"));
  }

  private static List<String> listed(Path path) throws IOException {
    return AtomicFiles.list(path).stream().map(p -> p.getFileName().toString()).sorted().toList();
  }

  @Test
  void savesWhatOthersRead() throws IOException {
    try (RunWriter writer = created()) {
      RunFolder run = new RunFolder(writer.folder().path());
      assertFalse(run.isRun());
      InputException e = assertThrows(InputException.class, () -> RunFolder.open(run.path()));
      assertTrue(e.getMessage().startsWith(run.path() + " holds no run: "), e.getMessage());
      writer.save(0, false, LAST_TWO, content("zero"));
      assertTrue(run.isRun());
      assertEquals(Optional.empty(), run.best());
      Checkpoint made = writer.save(1000, true, LAST_TWO, content("thousand"));
      assertEquals(Optional.of(made), run.latest());
      assertEquals(Optional.of(made), run.best());
      assertEquals(1000, made.step());
      assertEquals("thousand", state(RunFolder.open(run.path()).latest()));
      assertEquals(List.of("step-00000000", "step-00001000"), names(run));
      assertEquals(
          List.of("best", "latest", "step-00000000", "step-00001000"),
          listed(run.path().resolve("checkpoints")));
      assertEquals(List.of("checkpoints", "config.yaml", "lock"), listed(run.path()));
    }
  }

  @Test
  void keepsTheLastTheBestAndEveryNth() throws IOException {
    try (RunWriter writer = created()) {
      for (int step = 1; step <= 9; step++) {
        writer.save(step, step == 2, new Retention(2, 4), content("" + step));
      }
      assertEquals(
          List.of("step-00000002", "step-00000004", "step-00000008", "step-00000009"),
          names(writer.folder()));
      writer.save(10, false, new Retention(1, 0), content("10"));
      assertEquals(List.of("step-00000002", "step-00000010"), names(writer.folder()));
    }
  }

  /** A resumed run that is evaluated, or stopped, before it takes a step. */
  @Test
  void savesAStepAgainUnderAnotherName() throws IOException {
    RunWriter writer = created();
    writer.save(4, false, LAST_TWO, content("four"));
    writer.save(5, true, LAST_TWO, content("first"));
    writer.close();
    try (RunWriter again = RunWriter.resume(writer.folder().path())) {
      again.save(5, false, LAST_TWO, content("second"));
      assertEquals("second", state(again.folder().latest()));
      assertEquals("first", state(again.folder().best()));
      assertEquals(List.of("step-00000005", "step-00000005-2"), names(again.folder()));
      again.save(6, false, LAST_TWO, content("six"));
      again.save(6, true, LAST_TWO, content("six, evaluated"));
      assertEquals("six, evaluated", state(again.folder().best()));
      assertEquals(List.of("step-00000006", "step-00000006-2"), names(again.folder()));
      again.save(7, false, LAST_TWO, content("seven"));
      assertEquals(List.of("step-00000006-2", "step-00000007"), names(again.folder()));
    }
  }

  @Test
  void leavesNewerCheckpointsUntilTheRunHasPassedThem() throws IOException {
    Path path;
    try (RunWriter writer = created()) {
      path = writer.folder().path();
      for (int step = 1; step <= 4; step++) {
        writer.save(step, false, new Retention(9, 0), content("" + step));
      }
    }
    Files.writeString(path.resolve("checkpoints/latest"), "step-00000001");
    try (RunWriter writer = RunWriter.resume(path)) {
      assertEquals(1, writer.folder().latest().orElseThrow().step());
      Retention one = new Retention(1, 0);
      writer.save(2, false, one, content("other"));
      assertEquals("other", state(writer.folder().latest()));
      assertEquals(
          List.of("step-00000002-2", "step-00000003", "step-00000004"), names(writer.folder()));
      writer.save(5, false, one, content("5"));
      assertEquals(List.of("step-00000005"), names(writer.folder()));
    }
  }

  @Test
  void readsAndContinuesARunOfAnEarlierVersion() throws IOException {
    for (String name : List.of("checkpoint", "checkpoint.previous")) {
      Path run = Files.createDirectories(folder.resolve(name + "-run"));
      Files.writeString(run.resolve("config.yaml"), "");
      Path old = Files.createDirectory(run.resolve(name));
      Files.writeString(old.resolve("state.json"), "{\"version\":1,\"step\":20}");
      Files.createDirectory(run.resolve("checkpoint.next"));
      List<String> before = listed(run);
      assertEquals(Optional.of(new Checkpoint(old, 20)), RunFolder.open(run).latest());
      assertEquals(before, listed(run), "a reader changes nothing");
      try (RunWriter writer = RunWriter.resume(run)) {
        assertFalse(Files.exists(run.resolve("checkpoint.next")));
        writer.save(20, false, LAST_TWO, content("20"));
        assertEquals(List.of(name, "step-00000020"), names(writer.folder()));
        assertEquals("20", state(writer.folder().latest()));
        writer.save(21, false, LAST_TWO, content("21"));
        assertEquals(List.of("checkpoints", "config.yaml", "lock"), listed(run));
      }
    }
  }

  @Test
  void startsAgainWhereAStartFailed() throws IOException {
    RunWriter failed = created();
    assertThrows(
        IOException.class,
        () ->
            failed.save(
                0,
                false,
                LAST_TWO,
                files -> {
                  throw new IOException("No space left on device");
                }));
    failed.close();
    Path path = failed.folder().path();
    Path checkpoints = path.resolve("checkpoints");
    Files.createDirectories(checkpoints.resolve("step-00000000")); // killed before it was latest
    Files.createDirectory(AtomicFiles.partialBeside(checkpoints.resolve("step-00000000")));
    assertThrows(InputException.class, () -> RunWriter.resume(path));
    try (RunWriter writer = RunWriter.create(path)) {
      writer.save(0, false, LAST_TWO, content("zero"));
      assertEquals(List.of("latest", "step-00000000"), listed(checkpoints));
    }
    InputException e = assertThrows(InputException.class, () -> RunWriter.create(path));
    assertEquals(
        path + " is not empty; add --resume to continue its run, or choose another --out",
        e.getMessage());
  }

  @Test
  void doesNotTouchAFolderThatIsSomebodysOwn() throws IOException {
    for (String name : List.of("thesis.txt", "config.yaml")) {
      Path path = Files.createDirectory(folder.resolve("of-" + name));
      Files.writeString(path.resolve(name), "precious");
      assertThrows(InputException.class, () -> RunWriter.create(path));
      assertEquals(List.of(name), listed(path));
      assertEquals("precious", Files.readString(path.resolve(name)));
    }
    Path file = folder.resolve("of-thesis.txt/thesis.txt");
    InputException e =
        assertThrows(InputException.class, () -> RunWriter.create(file.resolve("run")));
    assertTrue(e.getMessage().startsWith("cannot write to --out"), e.getMessage());
    assertThrows(InputException.class, () -> RunWriter.create(file));
  }

  @Test
  void refusesASecondWriter() throws IOException {
    try (RunWriter writer = created()) {
      Path path = writer.folder().path();
      writer.save(1, false, LAST_TWO, content(""));
      InputException e = assertThrows(InputException.class, () -> RunWriter.resume(path));
      assertEquals(path + " is being trained by another process", e.getMessage());
      assertEquals(Optional.empty(), RunWriter.tryLock(path));
    }
    try (RunWriter writer = RunWriter.tryLock(folder.resolve("a/run")).orElseThrow()) {
      assertEquals("", state(writer.folder().latest()));
    }
    try (RunWriter writer = RunWriter.tryLock(folder.resolve("trial/1")).orElseThrow()) {
      assertEquals(Optional.empty(), writer.folder().latest());
    }
  }

  @Test
  void aFailedCheckpointLeavesTheOneBefore() throws IOException {
    try (RunWriter writer = created()) {
      writer.save(1, false, LAST_TWO, content("one"));
      IOException e =
          assertThrows(
              IOException.class,
              () ->
                  writer.save(
                      2,
                      true,
                      LAST_TWO,
                      files -> {
                        files.create("state").write(new byte[1 << 20]);
                        throw new IOException("No space left on device");
                      }));
      assertTrue(e.getMessage().endsWith("step-00000002: No space left on device"), e.toString());
      assertEquals("one", state(writer.folder().latest()));
      assertEquals(
          List.of("latest", "step-00000001"),
          listed(writer.folder().path().resolve("checkpoints")));
      writer.save(2, false, LAST_TWO, content("two"));
      assertEquals("two", state(writer.folder().latest()));
    }
  }

  @Test
  void saysWhatIsWrongWithADamagedPointer() throws IOException {
    try (RunWriter writer = created()) {
      writer.save(1, true, LAST_TWO, content("one"));
      Path checkpoints = writer.folder().path().resolve("checkpoints");
      for (String damaged : List.of("", "../../..", "step-00000007", "\0", "x".repeat(9999))) {
        Files.writeString(checkpoints.resolve("latest"), damaged);
        Files.writeString(checkpoints.resolve("best"), damaged);
        InputException e = assertThrows(InputException.class, () -> writer.folder().latest());
        assertTrue(e.getMessage().contains("checkpoints/latest does not name"), e.getMessage());
        assertEquals(Optional.empty(), writer.folder().best());
      }
    }
  }

  @Test
  void dropsLinesThatWillBeWrittenAgain() throws IOException {
    ObjectNode line = new ObjectMapper().createObjectNode().put("step", 2).put("split", "train");
    try (RunWriter writer = created()) {
      try (JsonLines lines = writer.openLines("metrics.jsonl", 0)) {
        lines.write(line);
        lines.write(line.deepCopy().put("step", 3));
      }
      Path file = writer.folder().metrics();
      Files.writeString(file, Files.readString(file) + "\0\0\n\n{\"step\":1}{}\n{\"step\":2,\"sp");
      try (JsonLines lines = writer.openLines("metrics.jsonl", 2)) {
        lines.write(line.put("step", 4));
      }
      assertEquals(
          """
          {"step":2,"split":"train"}
          {"step":4,"split":"train"}
          """,
          Files.readString(file));
    }
  }

  @Test
  void filesHavePlainNames() throws IOException {
    try (RunWriter writer = created()) {
      for (String name : List.of("", "..", "a/b", "/a")) {
        assertThrows(
            IllegalArgumentException.class,
            () -> writer.save(1, false, LAST_TWO, files -> files.create(name).close()),
            name);
      }
      assertEquals(List.of(), listed(writer.folder().path().resolve("checkpoints")));
    }
  }
}
