package dev.pullback.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.config.Backend;
import java.util.Map;
import java.util.function.Function;

/** A block in training with AdamW, one whole step at a time. */
final class AdamWStep implements AutoCloseable {

  private final Model model;
  private final Block block;
  private final Loss loss;
  private final ParameterStore store;
  private final StepOptimizer optimizer;
  private double lastLoss;

  /**
   * One batch.
   *
   * @param inputs what the block takes
   * @param targets what the loss compares with
   */
  record Batch(NDArray inputs, NDArray targets) {}

  AdamWStep(Backend backend, Block block, Shape input, Kernels kernels, Loss loss) {
    this.block = block;
    this.loss = loss;
    model = backend.newModel("benchmark");
    model.setBlock(block);
    block.initialize(model.getNDManager(), DataType.FLOAT32, input);
    store = new ParameterStore(model.getNDManager(), false);
    optimizer =
        Optimizers.builder("adamw", Map.of("lr", 1e-3))
            .optKernels(kernels)
            .optReportListener(report -> lastLoss = report.loss())
            .build();
    optimizer.bind(block);
  }

  /** Gathers a batch, steps, and reads the loss back, so that no engine has work left. */
  double run(Function<NDManager, Batch> gather) {
    NDManager manager = model.getNDManager();
    try (NDScope scope = new NDScope();
        GradientCollector collector = manager.getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      Batch batch = gather.apply(manager);
      NDList outputs = block.forward(store, new NDList(batch.inputs()), true);
      NDArray value = loss.evaluate(new NDList(batch.targets()), outputs);
      optimizer.observeLoss(value);
      collector.backward(value);
    }
    optimizer.step();
    return lastLoss;
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
  }
}
