package dev.pullback.train.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.loop.Silent;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One trial, whichever command, document or thread it comes from. */
class SameTrialTest {

  static final List<String> COMPARED = Plan.OPTIMIZERS;

  @TempDir private Path out;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = TinyText.write(out);
  }

  static List<String> optimizers() {
    return Optimizers.all().stream().map(OptimizerSpec::name).toList();
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void thePresetIsTheSubject(String optimizer) {
    assertEquals(
        preset("paper", optimizer).values(),
        Subjects.config("shakespeare", optimizer, new RunOptions()).values());
  }

  @ParameterizedTest
  @CsvSource({
    "shakespeare, paper",
    "mnist, paper-mnist",
    "cifar10, paper-cifar10",
    "regression, paper-regression"
  })
  void theComparisonIsOfThePreset(String subject, String preset) {
    List<TrialSpec> trials = new Plan(List.of(), 2, new RunOptions()).comparison(subject);
    assertEquals(2 * COMPARED.size(), trials.size());
    for (int i = 0; i < trials.size(); i++) {
      RunConfig expected =
          preset(preset, COMPARED.get(i / 2)).with(Map.of("seed", "" + (1 + i % 2)));
      assertEquals(expected.values(), trials.get(i).config().values());
    }
  }

  /** What {@code train --preset paper} and {@code paper shakespeare} train, made small. */
  @ParameterizedTest
  @FieldSource("COMPARED")
  void trainAndPaperGiveTheSameNumbers(String optimizer) throws IOException {
    Map<String, String> small = TinyText.size(text);
    TrialSpec trial =
        new Plan(List.of(optimizer), 1, new RunOptions()).comparison("shakespeare").get(0);
    TrialSpec own = trial.with(small);
    assertFalse(runner(out).run(own).orElseThrow().failed());

    Path run = out.resolve("run");
    train(preset("paper", optimizer).with(small), run);
    List<ObjectNode> numbers = numbers(run);
    assertEquals(4 * (TinyText.STEPS_PER_EPOCH + 1), numbers.size());
    assertEquals(numbers, numbers(out.resolve(own.folder())));
  }

  @Test
  void aDocumentSaysEverything() throws IOException {
    TrialSpec trial =
        new TrialSpec(
            "ablate-xi",
            "shakespeare",
            "xi=0.5",
            TinyText.trial(text, Map.of("optimizer", "sgd_rms", "xi", "0.5", "clip-norm", "1.0"))
                .config());
    Path file = Files.writeString(out.resolve("trial.json"), trial.toJson());
    TrialSpec read = TrialSpec.read(file);
    assertEquals(trial.toJson(), read.toJson());
    assertEquals(List.of(), read.differences(trial));
    assertEquals(trial.folder(), read.folder());
    assertEquals(trial.config().values(), read.config().values());
    TrialSpec plain = TinyText.trial(text, Map.of());
    Files.writeString(file, plain.toJson());
    assertEquals(plain.toJson(), TrialSpec.read(file).toJson(), "without a variant");
  }

  /** A version with another default computes what the document's computed. */
  @Test
  void aDocumentKeepsTheDefaultsOfItsTime() throws IOException {
    TrialSpec trial = TinyText.trial(text, Map.of("optimizer", "soap"));
    String json = trial.toJson();
    assertTrue(json.contains("\"beta-rms\" : 0.95"), json);
    Path file =
        Files.writeString(
            out.resolve("trial.json"), json.replace("\"beta-rms\" : 0.95", "\"beta-rms\" : 0.875"));
    TrialSpec read = TrialSpec.read(file);
    assertEquals(0.875, read.config().complete().get("beta_rms"));
    assertEquals(List.of("beta-rms"), read.differences(trial), "and is not today's trial");
  }

  /** It goes on wherever there is time for it. */
  @Test
  void aTrialIsTheSameOnAnotherDevice() throws IOException {
    TrialSpec trial = TinyText.trial(text, Map.of());
    assertEquals(List.of(), trial.differences(trial.with(Map.of("device", "gpu:1"))));
    assertEquals(List.of("lr"), trial.differences(trial.with(Map.of("lr", "0.125"))));
  }

  /** The document in the trial's folder, run elsewhere. */
  @Test
  void aDocumentGivesTheSameNumbersAgain() throws IOException {
    TrialSpec trial = TinyText.trial(text, Map.of("optimizer", "sgd_rms"));
    ResultRow row = runner(out).run(trial).orElseThrow();
    TrialSpec read = TrialSpec.read(out.resolve(trial.folder()).resolve("trial.json"));
    assertEquals(64, read.config().options().dataSha256.length(), "the hash of the data");
    Path elsewhere = out.resolve("elsewhere");
    ResultRow again = runner(elsewhere).run(read).orElseThrow();
    assertEquals(row.best(), again.best());
    assertEquals(numbers(out.resolve(trial.folder())), numbers(elsewhere.resolve(read.folder())));
    assertTrue(runner(out).run(read).isPresent(), "it is the trial of before");
  }

  /** DJL collects gradients for one run at a time; several take turns. */
  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void twoRunsInOneProcessGiveTheNumbersOfEachAlone() throws Exception {
    List<RunConfig> configs = new ArrayList<>();
    for (String optimizer : List.of("adamw", "sgd_rms")) {
      configs.add(TinyText.trial(text, Map.of("optimizer", optimizer, "epochs", "20")).config());
    }
    for (int i = 0; i < configs.size(); i++) {
      train(configs.get(i), out.resolve("alone-" + i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(configs.size());
    try {
      CyclicBarrier start = new CyclicBarrier(configs.size());
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < configs.size(); i++) {
        RunConfig config = configs.get(i);
        Path together = out.resolve("together-" + i);
        runs.add(
            threads.submit(
                () -> {
                  start.await();
                  train(config, together);
                  return null;
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      threads.shutdownNow();
    }
    for (int i = 0; i < configs.size(); i++) {
      assertEquals(numbers(out.resolve("alone-" + i)), numbers(out.resolve("together-" + i)));
    }
  }

  private static RunConfig preset(String name, String optimizer) {
    RunOptions options = new RunOptions();
    options.preset = name;
    options.optimizer = optimizer;
    return RunConfig.resolve(null, options);
  }

  private static TrialRunner runner(Path folder) {
    return new TrialRunner(folder, "test", () -> false, line -> {});
  }

  private static void train(RunConfig config, Path folder) throws IOException {
    try (TrainingRun run =
        TrainingRun.open(
            config,
            RunWriter.create(folder),
            Tasks.byName("text").load(config, line -> {}),
            new Silent())) {
      assertTrue(run.train(() -> false));
    }
  }

  /** Returns what a run measured, but for how long it took. */
  private static List<ObjectNode> numbers(Path folder) {
    List<ObjectNode> numbers = new ArrayList<>();
    for (String split : List.of("train", "validation")) {
      MetricsFile.lines(folder.resolve("metrics.jsonl"), split, numbers::add);
    }
    numbers.forEach(line -> line.remove("seconds"));
    return numbers;
  }
}
