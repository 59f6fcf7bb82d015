package dev.pullback.train.config;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.InputException;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.LlamaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertEquals(name, optimizer.name());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shampoo", "soap", "soap_metric"})
  void whatMxNetCannotDoIsRefused(String name) {
    RunOptions flags = new RunOptions();
    flags.optimizer = name;
    flags.engine = TrainingEngine.MXNET;
    InputException e = assertThrows(InputException.class, () -> RunConfig.resolve(null, flags));
    assertTrue(e.getMessage().contains("which " + name + " needs; use PyTorch"), e.getMessage());
  }

  @Test
  void pathsAreGivenInFull() {
    RunConfig config =
        of(Map.of("data", "a/text", "data-dir", "b", "tokenizer", "c/tokenizer.json"));
    assertEquals(
        Map.of(
            "data", Path.of("a/text").toAbsolutePath().toString(),
            "data-dir", Path.of("b").toAbsolutePath().toString(),
            "tokenizer", Path.of("c/tokenizer.json").toAbsolutePath().toString()),
        config.paths());
    assertEquals(Map.of(), of(Map.of("tokenizer", "bpe:300")).paths());
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
  @ValueSource(
      strings = {"a\\nb", "a\\eb", "a\\x7fb", "a\\u0085b", "a\\u2028b", "a\\uffffb", "a\\ud800b"})
  void whatCannotBeWrittenDownAgainIsRefused(String value) throws IOException {
    Path file = yaml("seed: 1\ndata: \"" + value + "\"\n");
    InputException e =
        assertThrows(InputException.class, () -> RunConfig.resolve(file, new RunOptions()));
    assertTrue(e.getMessage().contains("line 2: data holds a line break"), e::getMessage);
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

  @Test
  void budgetsExcludeEachOtherInOneLayer() {
    RunConfig config = config(Map.of());
    InputException e =
        assertThrows(
            InputException.class, () -> config.with(Map.of("epochs", "2", "max-tokens", "10")));
    assertEquals("epochs and max-tokens exclude each other; give one of them", e.getMessage());
    RunOptions flags = new RunOptions();
    flags.maxSteps = 5;
    flags.maxTokens = 5L;
    InputException told = assertThrows(InputException.class, () -> RunConfig.resolve(null, flags));
    assertEquals(
        "max-steps and max-tokens exclude each other; give one of them", told.getMessage());
  }

  @Test
  void aBudgetTakesThePlaceOfThatOfTheLayerBelow() throws IOException {
    Path file = yaml("max-tokens: 100000\n");
    RunConfig fromFile = RunConfig.resolve(file, new RunOptions());
    assertEquals("100000", fromFile.values().get("max-tokens"));
    assertFalse(fromFile.values().containsKey("max-steps"), "the preset's");
    RunOptions flags = new RunOptions();
    flags.maxSteps = 700;
    RunConfig fromFlags = RunConfig.resolve(file, flags);
    assertEquals("700", fromFlags.values().get("max-steps"));
    assertFalse(fromFlags.values().containsKey("max-tokens"), "the file's");
  }

  @Test
  void aTextOfOnesOwnTakesThePlaceOfThePresetsDataSet() {
    RunOptions flags = new RunOptions();
    flags.preset = "paper";
    assertEquals("tinyshakespeare", RunConfig.resolve(null, flags).options().dataset);
    flags.data = Path.of("own.txt");
    RunConfig config = RunConfig.resolve(null, flags);
    assertNull(config.options().dataset);
    assertEquals(Path.of("own.txt"), config.options().data);
  }

  @ParameterizedTest
  @CsvSource({
    "max-steps, 200, 10, 8, 200",
    "epochs, 20, 10, 8, 200",
    "max-tokens, 8001, 10, 8, 1001",
    "max-tokens, 8000, 0, 8, 1000",
    "max-tokens, 3000000000, 0, 3000000, 1000",
  })
  void countsTheStepsOfABudget(
      String key, String value, int stepsPerEpoch, long examples, int steps) {
    RunConfig config = config(Map.of(key, value, "order", "epochs", "warmup-steps", "150"));
    assertEquals(steps, config.steps(stepsPerEpoch, examples));
  }

  @Test
  void refusesABudgetThatDoesNotFit() {
    RunConfig epochs = config(Map.of("epochs", "2147483647", "order", "epochs"));
    assertTrue(refusal(() -> epochs.steps(2, 8)).contains("more than can be counted"));
    assertTrue(refusal(() -> epochs.steps(0, 8)).contains("epochs go with --order epochs"));
    RunConfig tokens = config(Map.of("max-tokens", "9223372036854775807"));
    assertTrue(refusal(() -> tokens.steps(0, 8)).contains("more than can be counted"));
    RunConfig warm = config(Map.of("epochs", "2", "order", "epochs", "warmup-steps", "10"));
    assertEquals(
        "warmup-steps must be fewer than the run's 10 steps, but is 10",
        refusal(() -> warm.steps(5, 8)));
  }

  @Test
  void namesTheLineOfAWarmUpThatIsTooLong() throws IOException {
    Path file = yaml("lr: 0.1\nwarmup-steps: 50\n");
    RunOptions flags = new RunOptions();
    flags.maxSteps = 50;
    assertEquals(
        file + ", line 2: warmup-steps must be fewer than the run's 50 steps, but is 50",
        refusal(() -> RunConfig.resolve(file, flags)));
    flags.warmupSteps = 60;
    assertEquals(
        "warmup-steps must be fewer than the run's 50 steps, but is 60",
        refusal(() -> RunConfig.resolve(file, flags)));
  }

  /** Another value for every option; what a run of sgd_rms on texts has is in {@link #config}. */
  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          entry("task", "mnist"),
          entry("preset", "nanogpt"),
          entry("dataset", "plays"),
          entry("data", "other.txt"),
          entry("tokenizer", "other.json"),
          entry("data-dir", "elsewhere"),
          entry("data-sha256", "ab"),
          entry("order", "epochs"),
          entry("batch", "3"),
          entry("accumulate", "2"),
          entry("seed", "2"),
          entry("layers", "2"),
          entry("heads", "2"),
          entry("width", "64"),
          entry("context", "32"),
          entry("from", "other-run"),
          entry("family", "llama"),
          entry("kv-heads", "2"),
          entry("head-width", "8"),
          entry("inner-width", "64"),
          entry("window", "8"),
          entry("vocabulary", "99"),
          entry("rotary-base", "500000.0"),
          entry("rotary-scaling", "factor=8.0 low=1.0 high=4.0 length=64"),
          entry("dropout", "0.3"),
          entry("tied-head", "false"),
          entry("bias", "true"),
          entry("gelu", "tanh"),
          entry("layer-norm-eps", "1.0E-6"),
          entry("initialization", "flax"),
          entry("lora", "4"),
          entry("lora-alpha", "0.5"),
          entry("lora-targets", "mlp"),
          entry("optimizer", "adamw"),
          entry("lr", "0.5"),
          entry("weight-decay", "0.5"),
          entry("decay-mask", "all"),
          entry("clip-norm", "0.5"),
          entry("xi", "0.5"),
          entry("beta", "0.5"),
          entry("momentum", "0.5"),
          entry("beta-rms", "0.5"),
          entry("embedding", "log"),
          entry("components", "2"),
          entry("beta1", "0.5"),
          entry("beta2", "0.5"),
          entry("decay", "0.5"),
          entry("adam-beta1", "0.5"),
          entry("adam-beta2", "0.5"),
          entry("muon-matrices", "paper"),
          entry("eps", "0.5"),
          entry("groups", "rest: lion"),
          entry("ema-decay", "0.5"),
          entry("kappa", "0.5"),
          entry("trace-average", "0.5"),
          entry("coupling", "0.5"),
          entry("every", "7"),
          entry("longest-side", "7"),
          entry("block", "7"),
          entry("non-finite", "skip"),
          entry("lr-schedule", "linear"),
          entry("warmup-steps", "7"),
          entry("final-lr-fraction", "0.5"),
          entry("max-steps", "777"),
          entry("epochs", "2"),
          entry("max-tokens", "77777777"),
          entry("max-seconds", "5.0"),
          entry("eval-interval", "7"),
          entry("eval-iters", "7"),
          entry("final-eval-iters", "7"),
          entry("save-interval", "7"),
          entry("keep-last", "7"),
          entry("keep-every", "7"),
          entry("log-interval", "7"),
          entry("engine", "MXNet"),
          entry("kernels", "portable"),
          entry("precision", "mixed"),
          entry("device", "cpu"),
          entry("threads", "3"));

  /** What decides the function and its examples may not change, everything else may. */
  private static final Set<String> FIXED =
      Set.of(
          "task",
          "preset",
          "dataset",
          "data-sha256",
          "order",
          "seed",
          "from",
          "family",
          "kv-heads",
          "head-width",
          "inner-width",
          "window",
          "vocabulary",
          "rotary-base",
          "rotary-scaling",
          "layers",
          "heads",
          "width",
          "context",
          "tied-head",
          "bias",
          "gelu",
          "layer-norm-eps",
          "initialization",
          "lora",
          "lora-alpha",
          "lora-targets",
          "optimizer",
          "xi",
          "beta",
          "momentum",
          "beta-rms",
          "embedding",
          "components",
          "beta1",
          "beta2",
          "decay",
          "adam-beta1",
          "adam-beta2",
          "muon-matrices",
          "eps",
          "groups",
          "ema-decay",
          "kappa",
          "trace-average",
          "coupling",
          "every",
          "longest-side",
          "block");

  static List<String> keys() {
    return OptionTable.entries().stream().map(OptionTable.Entry::key).toList();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void resumingRefusesWhatMayNotChange(String key) {
    RunConfig config = config(Map.of());
    String value = OTHERS.get(key);
    RunOptions flags = OptionTable.parse(Map.of(key, value), name -> name);
    if (FIXED.contains(key)) {
      String had = config.withDefaults().values().getOrDefault(key, "none");
      assertEquals(
          "--%s may not change at --resume: the run has %s, not %s; leave it out, or start another run"
              .formatted(key, had, value),
          refusal(() -> config.resumedWith(flags)));
    } else if (key.equals("epochs")) {
      assertTrue(refusal(() -> config.resumedWith(flags)).contains("epochs go"));
    } else {
      RunConfig changed = config.resumedWith(flags);
      assertEquals(value, changed.values().get(key));
      assertTrue(changed.differences(config).containsKey(key));
    }
    if (config.values().containsKey(key)) {
      RunOptions same = OptionTable.parse(Map.of(key, config.values().get(key)), name -> name);
      assertEquals(Map.of(), config.resumedWith(same).differences(config));
    }
  }

  @ParameterizedTest
  @FieldSource("PRESETS")
  void defaultsThatAreWrittenDownChangeNothing(String preset) {
    for (OptimizerSpec spec : Optimizers.all()) {
      RunOptions flags = new RunOptions();
      flags.preset = preset;
      flags.optimizer = spec.name();
      RunConfig config = RunConfig.resolve(null, flags);
      RunConfig pinned = config.withDefaults();
      assertEquals(config.complete(), pinned.complete());
      assertEquals(pinned.values(), pinned.withDefaults().values());
      RunOptions said = OptionTable.parse(pinned.values(), name -> name);
      assertEquals(pinned.values(), config.resumedWith(said).values());
    }
  }

  @Test
  void defaultsThatAreWrittenDownAreThoseInUse() {
    RunConfig components = config(Map.of("components", "2"));
    assertEquals("0.0", components.withDefaults().values().get("beta"));
    RunConfig llama = of(Map.of("family", "llama", "kv-heads", "2"));
    Map<String, String> pinned = llama.withDefaults().values();
    assertEquals("2", pinned.get("kv-heads"));
    assertEquals("10000.0", pinned.get("rotary-base"));
    assertEquals("344", pinned.get("inner-width"));
    assertEquals(llama.model(65), llama.withDefaults().model(65));
    RunConfig lora = config(Map.of("from", "other-run", "lora", "4")).withDefaults();
    assertEquals("8.0", lora.values().get("lora-alpha"));
    assertEquals("attention", lora.values().get("lora-targets"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"batch", "accumulate"})
  void whereThereAreEpochsTheirBatchesMayNotChange(String key) {
    RunConfig config = config(Map.of("order", "epochs"));
    RunOptions flags = OptionTable.parse(Map.of(key, "7"), name -> name);
    assertTrue(refusal(() -> config.resumedWith(flags)).startsWith("--" + key + " may not change"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"batch", "accumulate"})
  void whereTokensAreTheBudgetTheirNumberInAStepMayNotChange(String key) {
    RunConfig tokens = config(Map.of("max-tokens", "100000"));
    RunOptions flags = OptionTable.parse(Map.of(key, "7"), name -> name);
    String message = refusal(() -> tokens.resumedWith(flags));
    assertTrue(message.startsWith("--" + key + " may not change at --resume where"), message);
    RunConfig steps = config(Map.of());
    RunOptions both = OptionTable.parse(Map.of(key, "7", "max-tokens", "100000"), name -> name);
    assertEquals(message, refusal(() -> steps.resumedWith(both)));
    RunOptions asSteps = OptionTable.parse(Map.of(key, "7", "max-steps", "900"), name -> name);
    assertEquals("7", tokens.resumedWith(asSteps).values().get(key));
  }

  @Test
  void eachFamilyHasItsShape() {
    RunConfig llama = of(Map.of("family", "llama"));
    assertEquals("nanollama-cpu", llama.values().get("preset"));
    assertEquals(
        new LlamaConfig(
            65, 64, 4, 4, 2, 32, 128, 344, 0, 1e4, null, true, false, 1e-5, Initialization.GPT2),
        llama.model(65));
    assertEquals(70, of(Map.of("vocabulary", "70")).model(65).vocabulary());
    assertEquals(
        "vocabulary must be at least the tokenizer's 65, but is 64",
        refusal(() -> of(Map.of("vocabulary", "64")).model(65)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gpt | kv-heads | 2 | kv-heads means nothing to the family gpt; leave it out, or take a preset",
        "gpt | window | 8 | window means nothing to the family gpt",
        "llama | gelu | tanh | gelu means nothing to the family llama",
        "llama | dropout | 0.1 | dropout means nothing to the family llama",
        "llama | kv-heads | 3 | heads must be a multiple of kv-heads, but is 4 with 3 kv-heads",
        "llama | head-width | 7 | head-width must be even, but is 7",
        "llama | window | -1 | window must be at least 0, but is -1",
        "llama | rotary-base | 1 | rotary-base must be above 1, but is 1.0",
        "llama | rotary-scaling | yarn | is not such as 'factor=8",
        "llama | rotary-scaling | factor=0 low=1 high=4 length=8 | factor must be at least 1",
        "llama | rotary-scaling | factor=x low=1 high=4 length=8 | is no number",
        "llama | rotary-scaling | factor=8 low=4 high=4 length=8 | low must be above 0 and high above",
      })
  void refusesWhatTheFamilyHasNot(String family, String key, String value, String expected) {
    String message = refusal(() -> of(Map.of("family", family, key, value)));
    assertTrue(message.contains(expected), message);
  }

  private static RunConfig of(Map<String, String> options) {
    return RunConfig.resolve(null, OptionTable.parse(options, name -> name));
  }

  @Test
  void numbersAreComparedAsValues() {
    RunConfig config = config(Map.of("lr", "1e-3", "engine", "pytorch", "gelu", "ERF"));
    assertEquals(
        Map.of(),
        config.differences(config(Map.of("lr", "0.0010", "engine", "PyTorch", "gelu", "erf"))));
  }

  private static String refusal(Executable attempt) {
    return assertThrows(InputException.class, attempt).getMessage();
  }

  private static RunConfig config(Map<String, String> changes) {
    RunOptions options = new RunOptions();
    options.optimizer = "sgd_rms";
    return RunConfig.resolve(null, options).with(changes);
  }

  private Path yaml(String content) throws IOException {
    return Files.writeString(folder.resolve("options.yaml"), content);
  }
}
