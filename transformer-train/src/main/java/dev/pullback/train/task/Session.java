package dev.pullback.train.task;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.ModelFile;
import dev.pullback.train.store.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A model with its tokenizer in memory, ready to train or to sample. Owns every array of the model.
 */
public final class Session implements AutoCloseable {

  private static final String MODEL = "model.safetensors";
  private static final String TOKENIZER = "tokenizer.json";

  private final Model model;
  private final GptBlock block;
  private final CharTokenizer tokenizer;
  private final ParameterStore store;

  private Session(RunConfig config, CharTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    RunOptions options = config.options();
    this.block =
        new GptBlock(
            config.model(tokenizer.vocabularySize()),
            options.seed,
            options.kernels,
            options.precision);
    this.model = config.engine().newModel("gpt");
    this.model.setBlock(block);
    this.store = new ParameterStore(manager(), false);
    block.initialize(manager(), DataType.FLOAT32, new Shape(1, block.config().context()));
  }

  /** Starts with the initial weights of a configuration. */
  public static Session create(RunConfig config, CharTokenizer tokenizer) {
    return new Session(config, tokenizer);
  }

  /**
   * Loads the latest checkpoint of a run.
   *
   * @param run the run
   * @param config its configuration, possibly on another engine
   * @return the model as it was saved
   * @throws InputException if the checkpoint is missing, not complete, or does not fit its
   *     configuration
   */
  public static Session load(RunDirectory run, RunConfig config) {
    Path file = run.checkpoint().resolve(TOKENIZER);
    CharTokenizer tokenizer;
    try {
      tokenizer = CharTokenizer.load(file);
    } catch (IOException e) {
      throw new InputException("cannot read the checkpoint's tokenizer: " + e.getMessage(), e);
    }
    Session session = new Session(config, tokenizer);
    try {
      ModelFile.read(session.block, run.checkpoint().resolve(MODEL));
      return session;
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  public void save(Path folder) throws IOException {
    ModelFile.write(block, folder.resolve(MODEL));
    tokenizer.save(folder.resolve(TOKENIZER));
  }

  /**
   * Returns the model.
   *
   * @return the initialised block
   */
  public GptBlock block() {
    return block;
  }

  /**
   * Returns the tokenizer that the model was trained with.
   *
   * @return the tokenizer
   */
  public CharTokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Returns where the block finds its weights.
   *
   * @return the parameter store
   */
  public ParameterStore store() {
    return store;
  }

  /**
   * Returns the manager that owns the model.
   *
   * @return the manager
   */
  public NDManager manager() {
    return model.getNDManager();
  }

  @Override
  public void close() {
    model.close();
  }
}
