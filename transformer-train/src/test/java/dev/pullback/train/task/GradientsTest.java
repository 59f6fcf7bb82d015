package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.engine.EngineSupport;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new thread of libtorch records everything for a backward pass, unless it is told not to. */
class GradientsTest {

  @TempDir private Path folder;

  @Test
  void evaluationRecordsNoneInAnyThread() throws Exception {
    assertNoneOf(text());
    assertNoneOf(config("paper-regression", Map.of("batch", "1024")));
  }

  private static void assertNoneOf(RunConfig config) throws Exception {
    TaskData data = Tasks.byName(config.options().task).load(config, line -> {});
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Workload work = data.workload(config, true)) {
      AtomicInteger asked = new AtomicInteger();
      thread
          .submit(
              () -> {
                assertTrue(isRecording(work), "else this test says nothing");
                work.evaluate(
                    0,
                    () -> {
                      assertFalse(isRecording(work), "batch " + asked.incrementAndGet());
                      return false;
                    });
                assertTrue(isRecording(work), "as before");
              })
          .get();
      assertTrue(asked.get() > 1);
    } finally {
      thread.shutdownNow();
    }
  }

  /** Sampling goes through the same door. */
  @Test
  void neitherDoesWhatATextIsContinuedWith() throws Exception {
    RunConfig config = text();
    TaskData data = Tasks.byName("text").load(config, line -> {});
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Workload work = data.workload(config, true)) {
      LanguageModel model = work.languageModel().orElseThrow();
      assertEquals(
          false, thread.submit(() -> model.withoutGradients(() -> isRecording(work))).get());
    } finally {
      thread.shutdownNow();
    }
  }

  private static boolean isRecording(Workload work) {
    return EngineSupport.of(work.manager().getEngine()).isCollectingGradients();
  }

  private RunConfig text() throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(30));
    return config(
        "paper",
        Map.of(
            "data",
            file.toString(),
            "layers",
            "1",
            "heads",
            "2",
            "width",
            "8",
            "context",
            "8",
            "batch",
            "2"));
  }

  private static RunConfig config(String preset, Map<String, String> changes) {
    RunOptions options = new RunOptions();
    options.preset = preset;
    return RunConfig.resolve(null, options).with(changes);
  }
}
