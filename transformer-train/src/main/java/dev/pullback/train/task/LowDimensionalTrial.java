package dev.pullback.train.task;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepReport;
import dev.pullback.train.study.Trial;
import java.util.ArrayList;
import java.util.List;

/** The search for the least value of a function of two variables, in float64. */
public final class LowDimensionalTrial {

  private static final int MAX_STEPS = 1000;

  private LowDimensionalTrial() {}

  /**
   * Where a search went.
   *
   * @param x first coordinate, from the start on
   * @param y second coordinate
   * @param f the function's values there
   * @param steps the first step after which the value was at most the tolerance, or null
   * @param failure why the search ended early, or null
   * @param reports what the optimiser did in each step
   */
  public record Path(
      List<Double> x,
      List<Double> y,
      List<Double> f,
      Integer steps,
      String failure,
      List<StepReport> reports) {}

  public static Path run(Trial trial, Compute compute) {
    TestFunction function = TestFunction.byName(trial.subject()).orElseThrow();
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    List<Double> fs = new ArrayList<>();
    Integer steps = null;
    String failure = null;
    List<StepReport> reports = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager(null, compute.engine().toString());
        StepOptimizer optimizer =
            trial
                .optimizerBuilder()
                .optKernels(compute.kernels())
                .optReportListener(reports::add)
                .build()) {
      Point point = new Point(HostValues.on(manager).create(function.start()));
      optimizer.bind(point);
      while (true) {
        double value = descend(function, point, optimizer, manager);
        double[] position = point.position();
        xs.add(position[0]);
        ys.add(position[1]);
        fs.add(value);
        if (value <= function.tolerance()) {
          steps = fs.size() - 1;
          break;
        }
        if (fs.size() > MAX_STEPS) {
          break;
        }
        optimizer.step();
      }
    } catch (TrainingDivergedException e) {
      failure = e.getMessage();
    }
    return new Path(xs, ys, fs, steps, failure, reports);
  }

  /** Computes value and gradient where the point is. */
  private static double descend(
      TestFunction function, Point point, StepOptimizer optimizer, NDManager manager) {
    try (NDScope scope = new NDScope();
        GradientCollector collector = manager.getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray position = point.array();
      NDArray value = function.value(position.get(0), position.get(1));
      optimizer.observeLoss(value);
      collector.backward(value);
      return value.getDouble();
    }
  }

  /** A block whose one parameter is a point of the plane. */
  private static final class Point extends AbstractBlock {

    private final Parameter parameter;

    @SuppressWarnings("this-escape")
    Point(NDArray start) {
      start.setRequiresGradient(true);
      parameter =
          addParameter(
              Parameter.builder()
                  .setName("point")
                  .setType(Parameter.Type.WEIGHT)
                  .optArray(start)
                  .build());
      inputShapes = new Shape[0];
    }

    NDArray array() {
      return parameter.getArray();
    }

    double[] position() {
      return array().toDoubleArray();
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      throw new UnsupportedOperationException("A point has no forward pass");
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }
}
