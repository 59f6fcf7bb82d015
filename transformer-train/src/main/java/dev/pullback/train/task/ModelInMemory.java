package dev.pullback.train.task;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Safetensors;
import dev.pullback.train.config.Backend;
import dev.pullback.train.model.Lora;
import dev.pullback.train.model.ModelFile;
import dev.pullback.train.model.NamedParameterBlock;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/** An initialised block in float32 with the manager that owns its arrays. */
public final class ModelInMemory implements AutoCloseable {

  private final Model model;
  private final ParameterStore store;

  /**
   * Initialises a block.
   *
   * @param backend where
   * @param block the block
   * @param input shape of one input
   * @param drawn whether initial weights are drawn; not where a checkpoint is about to replace them
   */
  public ModelInMemory(Backend backend, Block block, Shape input, boolean drawn) {
    model = backend.newModel("model");
    model.setBlock(block);
    if (drawn || !(block instanceof NamedParameterBlock named)) {
      block.initialize(manager(), DataType.FLOAT32, input);
    } else {
      named.initializeEmpty(manager(), DataType.FLOAT32, input);
    }
    store = new ParameterStore(manager(), false);
  }

  /**
   * Returns the model.
   *
   * @return the initialised block
   */
  public Block block() {
    return model.getBlock();
  }

  /**
   * Returns the manager that owns the model.
   *
   * @return the manager
   */
  public NDManager manager() {
    return model.getNDManager();
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
   * Computes a forward pass.
   *
   * @param input a batch
   * @param training whether it is to be differentiated
   * @return the one output
   */
  public NDArray forward(NDArray input, boolean training) {
    return block().forward(store, new NDList(input), training).singletonOrThrow();
  }

  /**
   * Does something that nobody will differentiate, in whatever thread.
   *
   * @param work what to do
   * @param <T> what it returns
   * @return what it returned
   */
  public <T> T withoutGradients(Supplier<T> work) {
    return EngineSupport.of(manager().getEngine()).withoutGradients(work);
  }

  /**
   * Writes the weights.
   *
   * @param files of a checkpoint
   * @throws IOException if writing fails
   */
  public void save(CheckpointFiles files) throws IOException {
    ModelFile.write(block(), files::create, Safetensors.DEFAULT_SHARD_BYTES);
  }

  /**
   * Takes the weights of a checkpoint.
   *
   * @param checkpoint of the same model
   * @throws dev.pullback.train.InputException if it does not fit
   */
  public void load(Checkpoint checkpoint) {
    ModelFile.read(block(), checkpoint.folder());
  }

  /**
   * Takes the weights of a checkpoint, with its adapters added to them. Adapters here stay.
   *
   * @param checkpoint of the same model
   * @param lora its adapters, if it has any
   * @throws dev.pullback.train.InputException if it does not fit
   */
  void loadMerged(Checkpoint checkpoint, Optional<Lora> lora) {
    ModelFile.readMerged(block(), lora, checkpoint.folder());
  }

  @Override
  public void close() {
    model.close();
  }
}
