package dev.pullback.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.generate.Sampling;
import dev.pullback.train.generate.TextGenerator;
import dev.pullback.train.loop.Silent;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.LanguageModel;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training runs of both engines in one process, from the same weights and data. */
class RunsOnBothEnginesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STEPS = 40;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Recipe.class)
  void lossesAgree(Recipe recipe) throws IOException {
    List<Double> torch = losses(whole(recipe, TrainingEngine.PYTORCH));
    List<Double> mxnet = losses(whole(recipe, TrainingEngine.MXNET));
    assertTrue(torch.get(0) - torch.get(STEPS - 1) > 0.3, "the loss must fall: " + torch);
    assertAgree(torch, mxnet);
  }

  /** Model, optimiser state and counters are written on one engine and read on the other. */
  @ParameterizedTest
  @EnumSource(TrainingEngine.class)
  void aRunContinuesOnTheOtherEngine(TrainingEngine first) throws IOException {
    TrainingEngine second =
        first == TrainingEngine.MXNET ? TrainingEngine.PYTORCH : TrainingEngine.MXNET;
    List<Double> whole = losses(whole(Recipe.SGD_RMS, first));
    Path out = folder.resolve("moved");
    try (TrainingRun run = start(config(Recipe.SGD_RMS, first), out)) {
      run.train(() -> run.stepsTaken() >= STEPS / 2);
    }
    RunConfig moved =
        RunConfig.read(RunFolder.open(out).config())
            .resumedWith(RunOptions.onEngine(second, null, null));
    try (TrainingRun run = open(moved, RunWriter.resume(out))) {
      assertTrue(run.train(() -> false));
    }
    assertAgree(whole, losses(out));
  }

  /** Neither engine is asked for arrays on a device that it does not have. */
  @ParameterizedTest
  @EnumSource(TrainingEngine.class)
  void aDeviceThatIsNotThereIsRefused(TrainingEngine engine) {
    engine.load(0);
    InputException refused =
        assertThrows(InputException.class, () -> DeviceChoice.of("gpu:999").on(engine));
    assertTrue(
        refused.getMessage().startsWith("--device gpu:999: " + engine + " sees "),
        refused.getMessage());
    assertEquals(engine + " on cpu", DeviceChoice.of("cpu").on(engine).toString());
  }

  /** Two runs take turns, a few steps each; neither notices the other. */
  @Test
  void enginesMayAlternate() throws IOException {
    List<Double> alone = losses(whole(Recipe.ADAMW, TrainingEngine.MXNET));
    Path torch = folder.resolve("torch");
    Path mxnet = folder.resolve("mxnet");
    try (TrainingRun a = start(config(Recipe.ADAMW, TrainingEngine.PYTORCH), torch);
        TrainingRun b = start(config(Recipe.ADAMW, TrainingEngine.MXNET), mxnet)) {
      for (int until = 5; until <= STEPS; until += 5) {
        int stop = until;
        a.train(() -> a.stepsTaken() >= stop);
        b.train(() -> b.stepsTaken() >= stop);
      }
    }
    assertEquals(alone, losses(mxnet));
    assertAgree(losses(torch), alone);
  }

  @Test
  void theMostProbableTextIsTheSame() throws IOException {
    RunFolder run = RunFolder.open(whole(Recipe.ADAMW, TrainingEngine.PYTORCH));
    List<String> texts = new ArrayList<>();
    for (TrainingEngine engine : TrainingEngine.values()) {
      RunConfig config =
          RunConfig.read(run.config()).resumedWith(RunOptions.onEngine(engine, null, null));
      StringBuilder text = new StringBuilder();
      try (LanguageModel model = LanguageModel.load(run.latest().orElseThrow(), config)) {
        new TextGenerator(model)
            .generate("The ", 40, new Sampling(0, 0, 1), () -> false, text::append);
      }
      texts.add(text.toString());
    }
    assertEquals(40, texts.get(0).length());
    assertEquals(texts.get(0), texts.get(1));
  }

  /** What a run uses beyond the smallest. */
  private enum Recipe {
    ADAMW("optimizer: adamw\nlr: 0.01"),
    SGD_RMS("optimizer: sgd_rms\nlr: 0.02\nxi: 0.1\nclip-norm: 0\ngelu: tanh\nbias: true"),
    LOG_METRIC("optimizer: sgd_log_metric\nlr: 1.0\nweight-decay: 0\naccumulate: 3"),
    MUON("optimizer: muon\nlr: 0.01\ntied-head: false");

    private final String yaml;

    Recipe(String yaml) {
      this.yaml = yaml;
    }
  }

  private Path whole(Recipe recipe, TrainingEngine engine) throws IOException {
    Path out = folder.resolve(recipe + "-" + engine);
    try (TrainingRun run = start(config(recipe, engine), out)) {
      assertTrue(run.train(() -> false));
    }
    return out;
  }

  private static TrainingRun start(RunConfig config, Path out) throws IOException {
    return open(config, RunWriter.create(out));
  }

  private static TrainingRun open(RunConfig config, RunWriter writer) throws IOException {
    TaskData data = Tasks.byName("text").load(config, line -> {});
    return TrainingRun.open(config, writer, data, new Silent());
  }

  private RunConfig config(Recipe recipe, TrainingEngine engine) throws IOException {
    engine.load(0);
    Path yaml =
        Files.writeString(
            folder.resolve("config.yaml"),
            """
            dataset: plays
            layers: 2
            heads: 2
            width: 32
            context: 32
            batch: 8
            warmup-steps: 5
            max-steps: %d
            eval-interval: 100000
            %s
            """
                .formatted(STEPS, recipe.yaml));
    return RunConfig.resolve(yaml, RunOptions.onEngine(engine, null, null));
  }

  private static List<Double> losses(Path out) throws IOException {
    List<Double> losses = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      if (node.get("split").asText().equals("train")) {
        losses.add(node.get("loss").asDouble());
      }
    }
    return losses;
  }

  /** Rounding differs, and training amplifies it. */
  private static void assertAgree(List<Double> expected, List<Double> actual) {
    assertEquals(STEPS, expected.size());
    assertEquals(STEPS, actual.size());
    for (int i = 0; i < STEPS; i++) {
      assertEquals(expected.get(i), actual.get(i), 1e-2, "loss of step " + (i + 1));
    }
  }
}
