package dev.pullback.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class RunConfigTest {

  static final List<String> PRESETS = Presets.names();

  @TempDir private Path folder;

  @Test
  void flagsWinOverTheFileAndTheFileOverThePreset() throws IOException {
    Path file = yaml("lr: 0.5\nbatch: 3\noptimizer: lion\n");
    RunOptions flags = new RunOptions();
    flags.lr = 0.25;
    RunOptions merged = RunConfig.resolve(file, flags).options();
    assertEquals(0.25, merged.lr);
    assertEquals(3, merged.batch);
    assertEquals("lion", merged.optimizer);
    assertEquals(0.3, merged.weightDecay, "the preset's weight decay for lion");
    assertEquals(64, merged.context, "the preset's context");
  }

  @ParameterizedTest
  @FieldSource("PRESETS")
  void everyPresetBuildsEveryOptimizer(String preset) {
    for (String name : Optimizers.all().stream().map(s -> s.name()).toList()) {
      RunOptions flags = new RunOptions();
      flags.preset = preset;
      flags.optimizer = name;
      try (StepOptimizer optimizer = RunConfig.resolve(null, flags).optimizer(1000).build()) {
        assertEquals(name, optimizer.rule().name());
      }
    }
  }

  @Test
  void itsYamlGivesTheSameConfigurationAgain() throws IOException {
    RunOptions flags = new RunOptions();
    flags.preset = "paper";
    flags.optimizer = "muon";
    flags.seed = 12_345_678_901L;
    String written = RunConfig.resolve(null, flags).toYaml();
    assertEquals(written, RunConfig.read(yaml(written)).toYaml());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "leraning-rate: 1 | unknown key 'leraning-rate'",
        "batch: many | options.yaml, line 1: Invalid value for option '--batch': 'many' is not",
        "lr-schedule: spiral | SPIRAL",
        "- lr | key: value",
        "lr: [ | options.yaml, line 1: expected the node content",
        "preset: gpt5 | no preset 'gpt5'",
        "optimizer: sophia | no optimizer 'sophia'",
        "xi: 1 | adamw has no hyperparameter xi",
        "lr: -1 | learning rate must be at least 0",
        "lr: NaN | learning rate must be at least 0",
        "lr: Infinity | learning rate must be at least 0",
        "weight-decay: -0.1 | weight decay must be at least 0",
        "beta1: 1 | beta1 must be in [0, 1)",
        "clip-norm: -1 | gradient norm to clip at",
        "final-lr-fraction: 1 | final-lr-fraction",
        "max-steps: 0 | max-steps must be at least 1",
        "batch: 0 | batch must be at least 1",
        "accumulate: 0 | accumulate must be at least 1",
        "heads: 3 | multiple of heads",
        "dropout: 1.5 | dropout must be in",
        "threads: -1 | threads must be at least 0",
      })
  void refusesWithOneLine(String content, String expected) throws IOException {
    Path file = yaml(content);
    InputException e =
        assertThrows(InputException.class, () -> RunConfig.resolve(file, new RunOptions()));
    assertTrue(
        e.getMessage().toUpperCase(Locale.ROOT).contains(expected.toUpperCase(Locale.ROOT)),
        e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  private Path yaml(String content) throws IOException {
    return Files.writeString(folder.resolve("options.yaml"), content);
  }
}
