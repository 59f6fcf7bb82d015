package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import dev.pullback.engine.HostValues;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a step may change, bit by bit: two are equal only if every number is (NaN equals itself,
 * 0 differs from -0).
 *
 * @param weights the weights in block order
 * @param state the optimiser's arrays by name
 * @param scalars its numbers for the model as a whole
 * @param step its number of steps
 */
record Snapshot(
    List<List<Double>> weights,
    Map<String, List<Double>> state,
    Map<String, Double> scalars,
    long step) {

  static Snapshot of(Block block, StepOptimizer optimizer) {
    Map<String, List<Double>> state = new TreeMap<>();
    optimizer.state().arrays().forEach((name, array) -> state.put(name, numbers(array)));
    return new Snapshot(
        block.getParameters().values().stream().map(p -> numbers(p.getArray())).toList(),
        state,
        new TreeMap<>(optimizer.state().scalars()),
        optimizer.state().step());
  }

  private static List<Double> numbers(NDArray array) {
    try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
      return Arrays.stream(HostValues.read(wide, NDArray::toDoubleArray)).boxed().toList();
    }
  }
}
