package dev.pullback.train.config;

import ai.djl.util.Pair;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.Lora;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A complete, checked configuration of a run: options by key, in the order of the option table. The
 * same keys and values make a run's {@code config.yaml} and a trial's document.
 */
public final class RunConfig {

  private static final List<String> BUDGETS = List.of("max-steps", "epochs", "max-tokens");

  /** Of each of these one holds; a later layer's takes the place of an earlier one's. */
  private static final List<List<String>> EXCLUSIVE = List.of(BUDGETS, List.of("dataset", "data"));

  private static final YAMLMapper YAML =
      new YAMLMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER));

  /** As the option table writes them, so that 1e-3 is the same as 0.001. */
  private final Map<String, String> values;

  private final UnaryOperator<String> where;
  private final RunOptions options;

  private RunConfig(Map<String, String> all, UnaryOperator<String> where) {
    this.where = where;
    this.options = OptionTable.parse(all, where);
    this.values = OptionTable.said(options);
    check();
  }

  /**
   * Layers preset, file and flags, and checks the result.
   *
   * @param file a YAML file of options, or null
   * @param flags options given on the command line
   * @return the configuration
   * @throws InputException if a name is unknown or a value out of range
   */
  public static RunConfig resolve(Path file, RunOptions flags) {
    Map<String, String> given = OptionTable.said(flags);
    Map<String, String> said = new LinkedHashMap<>();
    UnaryOperator<String> where = UnaryOperator.identity();
    if (file != null) {
      YamlFile read = YamlFile.read(file);
      OptionTable.parse(read.values(), read::where);
      where = key -> given.containsKey(key) ? key : read.where(key);
      layer(said, read.values());
    }
    layer(said, given);
    if (said.get("preset") == null) {
      said.put("preset", Presets.of(said));
    }
    Map<String, String> all = Presets.options(said.get("preset"), said.get("optimizer"));
    if (said.get("from") != null && said.getOrDefault("task", all.get("task")).equals("text")) {
      all.keySet().removeIf(RunConfig::isOfModel);
      Path folder = Path.of(said.get("from"));
      if (Files.exists(folder.resolve("config.json"))) {
        throw new InputException(
            "--from %s is in Hugging Face's form; import it first".formatted(folder));
      }
      RunConfig from = read(folder.resolve("config.yaml"));
      from.values.entrySet().stream()
          .filter(entry -> isOfModel(entry.getKey()))
          .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
    }
    layer(all, said);
    return new RunConfig(all, where);
  }

  private static boolean isOfModel(String key) {
    return OptionTable.isOf(Topic.MODEL, key);
  }

  /**
   * Reads the configuration of a run or a trial, which is complete but for options that its version
   * did not have yet.
   *
   * @param file its {@code config.yaml}
   * @return the configuration
   * @throws InputException if it is none
   */
  public static RunConfig read(Path file) {
    YamlFile read = YamlFile.read(file);
    Map<String, String> all = Presets.common();
    layer(all, read.values());
    if (!read.values().containsKey("save-interval") && all.containsKey("eval-interval")) {
      all.put("save-interval", all.get("eval-interval")); // in version 0.1 evaluations were saves
    }
    if ("muon".equals(all.get("optimizer")) && all.containsKey("beta")) {
      all.put("momentum", all.remove("beta")); // as version 0.1 wrote it
    }
    return complete(all, read::where, file);
  }

  /**
   * Returns what was said.
   *
   * @param options some options
   * @return values by key
   */
  public static Map<String, String> said(RunOptions options) {
    return OptionTable.said(options);
  }

  /**
   * Returns the options that are paths, in full, for processes with another working directory.
   *
   * @return absolute paths by key, where there are any
   */
  public Map<String, String> paths() {
    Map<String, String> paths = new LinkedHashMap<>();
    for (OptionTable.Entry entry : OptionTable.entries()) {
      String value = values.get(entry.key());
      if (value != null && entry.spec().type() == Path.class) {
        paths.put(entry.key(), Path.of(value).toAbsolutePath().toString());
      }
    }
    TokenizerChoice tokenizer = TokenizerChoice.parse(options.tokenizer);
    if (tokenizer.file() != null) {
      paths.put("tokenizer", tokenizer.toString());
    }
    return paths;
  }

  /**
   * Layers flags over the configuration of a run that is to be continued.
   *
   * @param flags options given on the command line
   * @return the configuration
   * @throws InputException if an option differs that may not change
   */
  public RunConfig resumedWith(RunOptions flags) {
    Map<String, String> given = OptionTable.said(flags);
    Map<String, String> used = withDefaults().values;
    for (OptionTable.Entry entry : OptionTable.entries()) {
      String key = entry.key();
      String now = given.get(key);
      if (now != null && !now.equals(used.get(key)) && !mayChange(entry)) {
        throw new InputException(
            "--%s may not change at --resume: the run has %s, not %s; leave it out, or start another run"
                .formatted(key, used.getOrDefault(key, "none"), now));
      }
    }
    RunConfig resumed = with(given);
    for (String key : List.of("batch", "accumulate")) {
      // Steps are counted, not tokens: those taken so far would count as if they had had the new.
      if (resumed.options.maxTokens != null && !resumed.values.get(key).equals(values.get(key))) {
        throw new InputException(
            "--%s may not change at --resume where max-tokens is the budget; give --max-steps too, or leave it out"
                .formatted(key));
      }
    }
    return resumed;
  }

  /** Batches of an epoch depend on their size. */
  private boolean mayChange(OptionTable.Entry entry) {
    boolean batches = entry.key().equals("batch") || entry.key().equals("accumulate");
    return entry.setting().resumable()
        && !(batches && (options.order == DataOrder.EPOCHS || !isLanguageModel()));
  }

  /**
   * Says what differs from another configuration.
   *
   * @param other the other
   * @return by key the values there and here, null for none
   */
  public Map<String, Pair<String, String>> differences(RunConfig other) {
    Map<String, Pair<String, String>> differences = new LinkedHashMap<>();
    for (OptionTable.Entry entry : OptionTable.entries()) {
      String there = other.values.get(entry.key());
      String here = values.get(entry.key());
      if (there == null ? here != null : !there.equals(here)) {
        differences.put(entry.key(), new Pair<>(there, here));
      }
    }
    return differences;
  }

  /**
   * Writes down the defaults that optimiser, shape and adapters take where nothing is said, so that
   * a later version with others goes on with these.
   *
   * @return a copy that trains the same
   */
  public RunConfig withDefaults() {
    Map<String, String> all = new OptimizerSettings(options, values).pinned();
    if (values.keySet().containsAll(family().needed())) {
      all.putAll(family().defaults(options));
    }
    lora()
        .ifPresent(
            lora -> {
              all.put("lora-alpha", "" + lora.alpha());
              all.put("lora-targets", lora.targets().name().toLowerCase(Locale.ROOT));
            });
    all.keySet().removeAll(values.keySet());
    return with(all);
  }

  /**
   * Changes some values.
   *
   * @param changes values by key
   * @return the changed copy
   * @throws InputException if a value is none of its option's
   */
  public RunConfig with(Map<String, String> changes) {
    return with(changes, UnaryOperator.identity());
  }

  /**
   * Changes some values.
   *
   * @param changes values by key
   * @param place says where a key of them stands, such as a file and a line
   * @return the changed copy
   * @throws InputException if a value is none of its option's
   */
  public RunConfig with(Map<String, String> changes, UnaryOperator<String> place) {
    Map<String, String> all = new LinkedHashMap<>(values);
    layer(all, changes);
    return new RunConfig(
        all, key -> changes.containsKey(key) ? place.apply(key) : where.apply(key));
  }

  /**
   * Gives the optimiser other hyperparameters; those that are not named take their defaults.
   *
   * @param hyperparameters what {@link #hyperparameters} returns
   * @return the changed copy
   */
  public RunConfig withHyperparameters(Map<String, Double> hyperparameters) {
    return new RunConfig(OptimizerSettings.replaced(values, hyperparameters), where);
  }

  private static void layer(Map<String, String> below, Map<String, String> above) {
    for (List<String> keys : EXCLUSIVE) {
      List<String> given = keys.stream().filter(above::containsKey).toList();
      if (given.size() > 1) {
        throw new InputException(
            "%s and %s exclude each other; give one of them".formatted(given.get(0), given.get(1)));
      }
      if (!given.isEmpty()) {
        below.keySet().removeAll(keys);
      }
    }
    below.putAll(above);
  }

  /**
   * Returns the options.
   *
   * @return the live fields, not to be changed
   */
  public RunOptions options() {
    return options;
  }

  /**
   * Returns the engine to run on.
   *
   * @return the engine
   */
  public TrainingEngine engine() {
    return options.engine;
  }

  /**
   * Returns the engine and the device to run on.
   *
   * @return both; loads the engine if nobody did, with its own number of threads
   * @throws InputException if the engine does not see the device
   */
  public Backend backend() {
    return options.device.on(options.engine);
  }

  /**
   * Returns the options by key.
   *
   * @return a copy, in the order of the option table
   */
  public Map<String, String> values() {
    return new LinkedHashMap<>(values);
  }

  /**
   * Returns the configuration as a JSON object.
   *
   * @return numbers and truth values as such, everything else as text
   */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (OptionTable.Entry entry : OptionTable.entries()) {
      String value = values.get(entry.key());
      if (value != null) {
        Class<?> type = entry.spec().type();
        if (type == Integer.class || type == Long.class) {
          json.put(entry.key(), Long.valueOf(value));
        } else if (type == Double.class) {
          json.put(entry.key(), Double.valueOf(value));
        } else if (type == Boolean.class) {
          json.put(entry.key(), Boolean.valueOf(value));
        } else {
          json.put(entry.key(), value);
        }
      }
    }
    return json;
  }

  /**
   * Reads what {@link #toJson} made.
   *
   * @param json the object
   * @param file where it stood, to be named
   * @return the configuration
   * @throws InputException if it is none
   */
  public static RunConfig of(JsonNode json, Path file) {
    Map<String, String> all = Presets.common();
    json.properties()
        .forEach(
            entry -> {
              if (!entry.getValue().isValueNode() || entry.getValue().isNull()) {
                throw new InputException("%s: %s is not one value".formatted(file, entry.getKey()));
              }
              all.put(entry.getKey(), entry.getValue().asText());
            });
    return complete(all, key -> file.toString(), file);
  }

  /** Creates what one file says, which a refusal names even where several keys are at fault. */
  private static RunConfig complete(
      Map<String, String> all, UnaryOperator<String> where, Path file) {
    try {
      return new RunConfig(all, where);
    } catch (InputException e) {
      throw e.getMessage().contains(file.toString())
          ? e
          : new InputException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns the options as YAML, from which the same configuration can be read again.
   *
   * @return lines of keys and values
   */
  public String toYaml() {
    try {
      return YAML.writeValueAsString(toJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the family of the language model.
   *
   * @return GPT, unless another was named
   */
  public Family family() {
    return options.family == null ? Family.GPT : options.family;
  }

  /**
   * Returns how many tokens the tokenizer will have.
   *
   * @return the number; empty where only the text or a file says it
   */
  public OptionalInt vocabularySize() {
    TokenizerChoice tokenizer = TokenizerChoice.parse(options.tokenizer);
    return tokenizer.kind() == TokenizerChoice.Kind.BYTE_PAIRS
        ? OptionalInt.of(tokenizer.entries())
        : OptionalInt.empty();
  }

  /**
   * Returns the shape of the language model.
   *
   * @param vocabulary number of tokens, unless the configuration names another
   * @return the shape
   * @throws InputException if an option is missing or out of range
   */
  public LanguageModelConfig model(int vocabulary) {
    family().needed().forEach(key -> required(key, values.get(key)));
    int rows = options.vocabulary == null ? vocabulary : options.vocabulary;
    if (rows < vocabulary) {
      throw new InputException(
          "%s must be at least the tokenizer's %d, but is %d"
              .formatted(at("vocabulary"), vocabulary, rows));
    }
    return orRefuse(() -> family().shape(options, rows));
  }

  /**
   * Returns the adapters that are trained instead of the weights.
   *
   * @return the adapters; empty where all weights are trained
   * @throws InputException if an option is out of range, or does not go with the others
   */
  public Optional<Lora> lora() {
    if (options.lora == null) {
      for (String key : List.of("lora-alpha", "lora-targets")) {
        if (values.containsKey(key)) {
          throw new InputException(
              at(key) + " goes with --lora only; give a rank, or leave it out");
        }
      }
      return Optional.empty();
    }
    if (options.from == null || !isLanguageModel()) {
      throw new InputException(
          at("lora") + " needs --from, a run of a language model that the adapters go on");
    }
    double alpha = options.loraAlpha == null ? 2.0 * options.lora : options.loraAlpha;
    Lora.Targets targets =
        options.loraTargets == null ? Lora.Targets.ATTENTION : options.loraTargets;
    return orRefuse(() -> Optional.of(new Lora(options.lora, alpha, targets)));
  }

  private <T> T required(String key, T value) {
    if (value == null) {
      throw new InputException(
          "%s: %s needs it; a preset such as %s has it"
              .formatted(at(key), options.task, family().preset()));
    }
    return value;
  }

  /**
   * Starts the optimiser with schedule, decay mask and clipping.
   *
   * @param steps steps of the whole run, for the schedule
   * @return the builder
   * @throws InputException if a hyperparameter is unknown or out of range
   */
  public StepOptimizerBuilder<?> optimizer(int steps) {
    return orRefuse(() -> new OptimizerSettings(options, values).builder(steps));
  }

  /**
   * Returns a value for every hyperparameter of the optimiser, learning rate and weight decay among
   * them.
   *
   * @return values by the names that {@link dev.pullback.optim.Optimizers} knows
   */
  public Map<String, Double> complete() {
    return new OptimizerSettings(options, values).complete();
  }

  /**
   * Returns what tells the trials of an experiment apart: the given hyperparameters, and clipping,
   * warm-up and components where there are any.
   *
   * @return values by name
   */
  public Map<String, Double> hyperparameters() {
    return new OptimizerSettings(options, values).hyperparameters();
  }

  /**
   * Returns the steps of the whole run.
   *
   * @param stepsPerEpoch steps of an epoch, or 0 for a task that has none
   * @param examplesPerStep tokens, images or rows of a step
   * @return at least 1
   * @throws InputException if the budget does not fit the task, or the warm-up the budget
   */
  public int steps(int stepsPerEpoch, long examplesPerStep) {
    long steps;
    if (options.epochs != null) {
      if (stepsPerEpoch == 0) {
        throw new InputException(
            "epochs go with --order epochs; give --max-steps or --max-tokens instead");
      }
      steps = (long) options.epochs * stepsPerEpoch;
    } else if (options.maxTokens != null) {
      steps = (options.maxTokens - 1) / examplesPerStep + 1;
    } else {
      steps = options.maxSteps;
    }
    if (steps > Integer.MAX_VALUE) {
      throw new InputException(
          "the budget has %d steps, more than can be counted".formatted(steps));
    }
    checkWarmup(steps);
    return (int) steps;
  }

  private void checkWarmup(long steps) {
    if (options.warmupSteps >= steps) {
      throw new InputException(
          "%s must be fewer than the run's %d steps, but is %d"
              .formatted(at("warmup-steps"), steps, options.warmupSteps));
    }
  }

  private void check() {
    required("optimizer", options.optimizer);
    double fraction = options.finalLrFraction;
    if (!(fraction >= 0 && fraction < 1)) {
      throw new InputException(
          "%s must be in [0, 1), but is %s".formatted(at("final-lr-fraction"), fraction));
    }
    if (BUDGETS.stream().noneMatch(values::containsKey)) {
      throw new InputException("there is no budget; give one of " + String.join(", ", BUDGETS));
    }
    if (!(options.maxSeconds >= 0)) {
      throw new InputException(
          "%s must be at least 0, but is %s".formatted(at("max-seconds"), options.maxSeconds));
    }
    atLeast("max-steps", options.maxSteps, 1);
    atLeast("epochs", options.epochs, 1);
    atLeast("max-tokens", options.maxTokens, 1);
    atLeast("batch", required("batch", options.batch), 1);
    atLeast("accumulate", options.accumulate, 1);
    atLeast("eval-interval", options.evalInterval, 0);
    atLeast("eval-iters", options.evalIters, 0);
    if (options.finalEvalIters != null) {
      atLeast("final-eval-iters", options.finalEvalIters, 0);
    }
    atLeast("save-interval", options.saveInterval, 0);
    atLeast("keep-last", options.keepLast, 1);
    atLeast("keep-every", options.keepEvery, 0);
    atLeast("log-interval", options.logInterval, 1);
    atLeast("warmup-steps", options.warmupSteps, 0);
    atLeast("components", options.components, 1);
    if (options.maxSteps != null) {
      checkWarmup(options.maxSteps);
    }
    if (options.epochs != null && isLanguageModel() && options.order == DataOrder.RANDOM) {
      throw new InputException(
          at("epochs") + " goes with --order epochs; give --max-steps or --max-tokens instead");
    }
    TrainingEngine.checkThreads(at("threads"), options.threads);
    options.engine.check(options.kernels, options.precision);
    lora();
    StepOptimizerBuilder<?> optimizer = optimizer(Integer.MAX_VALUE);
    orRefuse(optimizer::build).close();
    for (String key : values.keySet()) {
      if (isOfModel(key) && !family().taken().contains(key)) {
        throw new InputException(
            "%s means nothing to the family %s; leave it out, or take a preset of that family such as %s"
                .formatted(at(key), values.getOrDefault("family", "gpt"), family().preset()));
      }
    }
    // Whether a task needs those that are missing is the task's business.
    if (values.keySet().containsAll(family().needed())) {
      model(1);
    }
  }

  /**
   * Refuses the configuration of a run that trained something else than a model of text.
   *
   * @param run the run's folder
   * @param purpose what only models of text do, such as "can be exported"
   * @throws InputException if it did
   */
  public void requireLanguageModel(Path run, String purpose) {
    if (!isLanguageModel()) {
      throw new InputException(
          "%s trained %s; only models of text %s".formatted(run, options.task, purpose));
    }
  }

  private boolean isLanguageModel() {
    return options.context != null;
  }

  private void atLeast(String key, Number value, long least) {
    if (value != null) {
      InputException.atLeast(at(key), value.longValue(), least);
    }
  }

  /**
   * Names an option for messages.
   *
   * @param key the option
   * @return its key, after the file and the line that it stands in if it does
   */
  public String at(String key) {
    String place = where.apply(key);
    return place.equals(key) ? key : place + ": " + key;
  }

  private static <T> T orRefuse(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage(), e);
    }
  }
}
