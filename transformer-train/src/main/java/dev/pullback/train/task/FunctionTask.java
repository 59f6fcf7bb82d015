package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.RunConfig;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The search for the least value of a function of two variables, in float64. Every point is
 * measured, the start too; the search ends where the value is at most the tolerance.
 *
 * @param function the function
 */
record FunctionTask(TestFunction function) implements Task {

  @Override
  public String name() {
    return function.lowerCaseName();
  }

  @Override
  public String metric() {
    return "f(x, y)";
  }

  @Override
  public Goal goal() {
    return Goal.LOWER;
  }

  @Override
  public TaskData load(RunConfig config, Consumer<String> log) {
    return new Definition(function);
  }

  /** A function has no data but its definition. */
  private record Definition(TestFunction function) implements TaskData {

    @Override
    public String origin() {
      return "the function " + function.lowerCaseName();
    }

    @Override
    public String sha256() {
      return "";
    }

    @Override
    public long examples() {
      return 0;
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn) {
      return new Search(function, config);
    }
  }

  private static final class Search implements Workload {

    private final TestFunction function;
    private final ModelInMemory model;

    Search(TestFunction function, RunConfig config) {
      this.function = function;
      model = new ModelInMemory(config.backend(), new Point(function), new Shape(1), true);
    }

    @Override
    public ModelInMemory model() {
      return model;
    }

    @Override
    public int stepsPerEpoch() {
      return 0;
    }

    @Override
    public long examplesPerStep() {
      return 1;
    }

    @Override
    public NDArray loss(long step, int part) {
      NDArray position = ((Point) block()).position();
      return function.value(position.get(0), position.get(1));
    }

    @Override
    public Optional<Score> evaluate(int batches, BooleanSupplier stop) {
      return model.withoutGradients(
          () -> {
            try (NDScope scope = new NDScope()) {
              scope.suppressNotUsedWarning();
              double value = HostValues.read(loss(0, 0), NDArray::getDouble);
              double[] place =
                  HostValues.read(((Point) block()).position(), NDArray::toDoubleArray);
              return Optional.of(
                  new Score(
                      value, value, value, new TreeMap<>(Map.of("x", place[0], "y", place[1]))));
            }
          });
    }

    @Override
    public boolean evaluatesStart() {
      return true;
    }

    @Override
    public boolean isSolved(double metric) {
      return function.isSolved(metric);
    }
  }

  /** A block whose one parameter is a point of the plane. */
  private static final class Point extends AbstractBlock {

    private final Parameter parameter;

    @SuppressWarnings("this-escape")
    Point(TestFunction function) {
      parameter =
          addParameter(
              Parameter.builder()
                  .setName("point")
                  .setType(Parameter.Type.WEIGHT)
                  .optShape(new Shape(2))
                  .optInitializer(
                      (manager, shape, type) ->
                          HostValues.on(manager).create(function.start()).duplicate())
                  .build());
    }

    NDArray position() {
      return parameter.getArray();
    }

    @Override
    public void initialize(NDManager manager, DataType dataType, Shape... inputShapes) {
      super.initialize(manager, DataType.FLOAT64, inputShapes);
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
