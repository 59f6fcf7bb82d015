package dev.pullback.train.task;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.model.LanguageModelBlock;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.Lora;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** A language model with its tokenizer in memory. Owns every array of the model. */
public final class LanguageModel implements AutoCloseable {

  private static final String TOKENIZER = "tokenizer.json";

  private final ModelInMemory model;
  private final TextTokenizer tokenizer;
  private TextConventions conventions = TextConventions.NONE;

  /**
   * Creates the model of a configuration, with the adapters that it may have.
   *
   * @param config the configuration
   * @param tokenizer turns text into the model's tokens
   * @param drawn whether initial weights are drawn; adapters are in any case
   */
  LanguageModel(RunConfig config, TextTokenizer tokenizer, boolean drawn) {
    this(config, tokenizer, config.lora(), drawn);
  }

  /**
   * Creates the model of a configuration.
   *
   * @param config the configuration
   * @param tokenizer turns text into the model's tokens
   * @param lora adapters that are trained instead of the weights
   * @param drawn whether initial weights are drawn; adapters are in any case
   */
  private LanguageModel(
      RunConfig config, TextTokenizer tokenizer, Optional<Lora> lora, boolean drawn) {
    RunOptions options = config.options();
    this.tokenizer = tokenizer;
    LanguageModelConfig shape = config.model(tokenizer.vocabularySize());
    Memory.require(
        shape.parameterCount() * Float.BYTES, "a model of this size", "--layers or --width");
    LanguageModelBlock block = shape.newBlock(options.seed, options.kernels, options.precision);
    lora.ifPresent(block::adapt);
    model = new ModelInMemory(config.backend(), block, new Shape(1, options.context), drawn);
  }

  /**
   * Loads a checkpoint. Adapters are added to the weights that they belong to.
   *
   * @param checkpoint of a run on text
   * @param config the run's configuration, possibly on another engine or device
   * @return the model as it was saved
   * @throws InputException if the checkpoint is not complete or does not fit its configuration
   */
  public static LanguageModel load(Checkpoint checkpoint, RunConfig config) {
    return new LanguageModel(config, tokenizer(checkpoint), Optional.empty(), false)
        .with(checkpoint, config.lora());
  }

  /**
   * Takes the weights of a checkpoint of a run with these adapters, and what it says about texts,
   * or closes the model.
   */
  private LanguageModel with(Checkpoint checkpoint, Optional<Lora> lora) {
    try {
      conventions = TextConventions.read(checkpoint);
      model.loadMerged(checkpoint, lora);
      return this;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Creates the model that a run begins with: with drawn weights, or with those of another run.
   *
   * @param config the configuration
   * @param tokenizer turns text into the model's tokens
   * @param drawn false where a checkpoint is about to replace the weights
   */
  static LanguageModel begin(RunConfig config, TextTokenizer tokenizer, boolean drawn) {
    Path from = config.options().from;
    if (!drawn || from == null) {
      return new LanguageModel(config, tokenizer, drawn);
    }
    Checkpoint checkpoint = RunFolder.open(from).latest().orElseThrow();
    if (!tokenizer(checkpoint).toJson().equals(tokenizer.toJson())) {
      throw new InputException(
          "the model of %s has another tokenizer than the text; leave out --tokenizer, or prepare the text with %s"
              .formatted(from, checkpoint.file(TOKENIZER)));
    }
    RunConfig before = RunConfig.read(RunFolder.open(from).config());
    return new LanguageModel(config, tokenizer, false).with(checkpoint, before.lora());
  }

  /**
   * Finds the tokenizer of a run.
   *
   * @param run the run's folder, which has a checkpoint
   * @return the file of the latest checkpoint
   */
  public static Path tokenizerOf(Path run) {
    return RunFolder.open(run).latest().orElseThrow().file(TOKENIZER);
  }

  /** Reads the tokenizer of a checkpoint. */
  static TextTokenizer tokenizer(Checkpoint checkpoint) {
    try {
      return TextTokenizer.load(checkpoint.file(TOKENIZER));
    } catch (IOException e) {
      throw new InputException("cannot read the checkpoint's tokenizer: " + e.getMessage(), e);
    }
  }

  /** Takes the weights of a checkpoint of the same model, and what it says about texts. */
  void load(Checkpoint checkpoint) {
    conventions = TextConventions.read(checkpoint);
    model.load(checkpoint);
  }

  void save(CheckpointFiles files) throws IOException {
    model.save(files);
    conventions.write(files);
    try (OutputStream out = files.create(TOKENIZER)) {
      out.write(tokenizer.toJson().getBytes(StandardCharsets.UTF_8));
    }
  }

  ModelInMemory model() {
    return model;
  }

  /**
   * Returns the model.
   *
   * @return the initialised block
   */
  public LanguageModelBlock block() {
    return (LanguageModelBlock) model.block();
  }

  /**
   * Returns the tokenizer that the model was trained with.
   *
   * @return the tokenizer
   */
  public TextTokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Returns what the model's makers say about texts.
   *
   * @return where texts end, and how conversations are written
   */
  public TextConventions conventions() {
    return conventions;
  }

  /**
   * Returns where the block finds its weights.
   *
   * @return the parameter store
   */
  public ParameterStore store() {
    return model.store();
  }

  /**
   * Returns the manager that owns the model.
   *
   * @return the manager
   */
  public NDManager manager() {
    return model.manager();
  }

  /**
   * Does something that nobody will differentiate, in whatever thread.
   *
   * @param work what to do
   * @param <T> what it returns
   * @return what it returned
   */
  public <T> T withoutGradients(Supplier<T> work) {
    return model.withoutGradients(work);
  }

  @Override
  public void close() {
    model.close();
  }
}
