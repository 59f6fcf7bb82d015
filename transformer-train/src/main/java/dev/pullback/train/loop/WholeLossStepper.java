package dev.pullback.train.loop;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.training.GradientCollector;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepOptimizerBuilder;
import dev.pullback.optim.StepReport;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.nio.file.Path;

/** Differentiates the loss and lets one of the library's optimisers step. */
public final class WholeLossStepper implements Stepper {

  private final Workload work;
  private final StepOptimizer optimizer;
  private StepReport report;

  public WholeLossStepper(Workload work, StepOptimizerBuilder<?> builder) {
    this.work = work;
    this.optimizer = builder.optReportListener(r -> report = r).build();
    optimizer.bind(work.model().block());
  }

  @Override
  public StepReport step(int epoch, int step) {
    try (NDScope scope = new NDScope();
        GradientCollector collector = work.manager().getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray loss = work.loss(epoch, step);
      optimizer.observeLoss(loss);
      collector.backward(loss);
    }
    optimizer.step();
    return report;
  }

  @Override
  public void save(Path file) throws IOException {
    optimizer.saveState(file);
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
