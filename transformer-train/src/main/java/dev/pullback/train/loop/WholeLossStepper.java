package dev.pullback.train.loop;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.util.Pair;
import dev.pullback.optim.ParameterInfo;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.optim.StepReport;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** Differentiates the loss and lets one of the library's optimisers step. */
final class WholeLossStepper implements Stepper {

  private final Workload work;
  private final int accumulate;
  private final StepOptimizer optimizer;

  /**
   * Creates the stepper.
   *
   * @param accumulate batches of a step; the builder averages their gradients
   */
  WholeLossStepper(Workload work, int accumulate, StepOptimizerBuilder<?> builder) {
    this.work = work;
    this.accumulate = accumulate;
    this.optimizer = builder.build();
    optimizer.bind(work.block());
  }

  @Override
  public void step(long step) {
    Engine engine = work.manager().getEngine();
    for (int part = 0; part < accumulate; part++) {
      try (NDScope scope = new NDScope();
          GradientCollector collector = engine.newGradientCollector()) {
        scope.suppressNotUsedWarning();
        NDArray loss = work.loss(step, part);
        optimizer.observeLoss(loss);
        collector.backward(loss);
      }
    }
    optimizer.step();
  }

  @Override
  public StepReport report() {
    return optimizer.lastReport();
  }

  @Override
  public long stateBytes() {
    long bytes = 0;
    for (Pair<String, Parameter> pair : work.block().getParameters()) {
      if (pair.getValue().requiresGradient()) {
        NDArray array = pair.getValue().getArray();
        ParameterInfo info =
            new ParameterInfo(pair.getKey(), array.getShape(), array.getDataType());
        for (Shape shape : optimizer.rule().stateShapes(info).values()) {
          bytes += shape.size() * array.getDataType().getNumOfBytes();
        }
      }
    }
    return bytes;
  }

  @Override
  public void save(OutputStream out) throws IOException {
    optimizer.saveState(out);
  }

  @Override
  public void load(Path file) throws IOException {
    optimizer.loadState(file);
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
