package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.cli.CommandLines.Result;
import dev.pullback.train.store.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes whose parent is gone. Those that train as ranks are {@link WorkersIT}'s. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LifelineIT {

  private static final String PLAN =
      """
      base:
        preset: nanogpt-cpu
        data: %s
        threads: 1
        context: 16
        batch: 4
        heads: 2
        layers: 1
        width: 16
        max-steps: 1000000
        eval-interval: 1000000
        log-interval: 1
        warmup-steps: 2
      tuning: {points: 1, seed: 9}
      evaluation: {seeds: [1, 2]}
      optimizers:
        adamw:
          optimizer: adamw
          search: {lr: [1e-3, 1e-1, log]}
      """;

  @TempDir private Path folder;

  @Test
  void aTrialSaves() throws Exception {
    CommandLines commands = new CommandLines(folder);
    Path plan =
        Files.writeString(folder.resolve("plan.yaml"), PLAN.formatted(InProcess.writeText(folder)));
    String out = folder.resolve("study").toString();
    Result planned = commands.run(List.of("study", "plan", plan.toString(), "--out", out));
    assertEquals(0, planned.status(), planned.output());
    Path log = folder.resolve("log");
    Process trial =
        commands.start(List.of("study", "run", "--out", out, "--one", "0", "--lifeline"), log);
    RunFolder run = new RunFolder(Path.of(out, "trials/tuning/base/adamw-000/seed-9"));
    CommandLines.waitForLines(run.metrics(), 3, trial);
    trial.getOutputStream().close();
    assertEquals(1, trial.waitFor());
    assertTrue(Files.readString(log).contains("The same command goes on from here."));
    assertTrue(run.latest().orElseThrow().step() >= 3);
  }
}
