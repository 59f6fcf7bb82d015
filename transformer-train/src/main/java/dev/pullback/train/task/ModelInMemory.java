package dev.pullback.train.task;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.pullback.train.config.TrainingEngine;

/** An initialised block in float32 with the manager that owns its arrays. */
public final class ModelInMemory implements AutoCloseable {

  private final Model model;
  private final ParameterStore store;

  public ModelInMemory(TrainingEngine engine, Block block, Shape input) {
    model = engine.newModel("experiment");
    model.setBlock(block);
    block.initialize(manager(), DataType.FLOAT32, input);
    store = new ParameterStore(manager(), false);
  }

  public Block block() {
    return model.getBlock();
  }

  public NDManager manager() {
    return model.getNDManager();
  }

  public NDArray forward(NDArray input, boolean training) {
    return block().forward(store, new NDList(input), training).singletonOrThrow();
  }

  @Override
  public void close() {
    model.close();
  }
}
