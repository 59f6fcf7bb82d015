package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.engine.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The optimiser state as safetensors. Arrays are named {@code path/name}; {@code path/updates}
 * counts a parameter's updates, {@code step} the steps, {@code scalar/name} holds a number for the
 * model as a whole. {@code rule/name} marks the algorithm, so that another one's state is refused
 * by name.
 */
final class StateFile {

  private static final String STEP = "step";
  private static final String UPDATES = "updates";
  private static final String RULE = "rule/";
  private static final String SCALAR = "scalar/";

  private StateFile() {}

  static void write(OptimizerState state, String rule, NDManager parent, OutputStream out)
      throws IOException {
    try (NDManager manager = HostValues.on(parent.newSubManager())) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      arrays.put(RULE + rule, manager.create(new long[] {1}));
      arrays.put(STEP, manager.create(new long[] {state.step()}));
      state
          .scalars()
          .forEach(
              (name, value) -> arrays.put(SCALAR + name, manager.create(new double[] {value})));
      state
          .entries()
          .forEach(
              (path, entry) ->
                  arrays.put(path + "/" + UPDATES, manager.create(new long[] {entry.updates()})));
      arrays.putAll(state.arrays());
      Safetensors.write(arrays, out);
    }
  }

  /**
   * Reads a file into {@code state}. It is checked against the model first; on any error the state
   * is left as it was.
   */
  static void read(OptimizerState state, UpdateRule rule, BoundModel model, InputStream in)
      throws IOException {
    NDManager owner = state.manager(model.all().get(0).array());
    try (NDManager scratch = owner.newSubManager()) {
      Map<String, NDArray> found = Safetensors.read(scratch, in, "The optimiser state");
      require(found, RULE + rule.name(), new Shape(1), DataType.INT64, describeRule(found));
      long step = counter(found, STEP);
      Map<String, Double> scalars = new LinkedHashMap<>();
      for (String name : step == 0 ? Set.<String>of() : rule.scalarNames()) {
        NDArray value = require(found, SCALAR + name, new Shape(1), DataType.FLOAT64, "");
        scalars.put(name, value.getDouble(0));
      }
      NDList owned = new NDList();
      Map<String, OptimizerState.Entry> entries = new LinkedHashMap<>();
      for (BoundModel.Named named : model.all()) {
        ParameterInfo info = named.info();
        if (!named.parameter().requiresGradient()
            && !found.containsKey(info.path() + "/" + UPDATES)) {
          continue; // a parameter that is frozen and always was has no state
        }
        long updates = counter(found, info.path() + "/" + UPDATES);
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        rule.stateShapes(info)
            .forEach(
                (name, shape) -> {
                  NDArray array =
                      require(found, info.path() + "/" + name, shape, info.dataType(), "");
                  owned.add(array);
                  arrays.put(name, array);
                });
        entries.put(info.path(), new OptimizerState.Entry(arrays, updates));
      }
      if (!found.isEmpty()) {
        throw new IllegalArgumentException(
            "The optimiser state has tensors that the model does not have: "
                + String.join(", ", new TreeSet<>(found.keySet())));
      }
      owned.attach(owner);
      state.replace(step, scalars, entries, owned);
    }
  }

  private static String describeRule(Map<String, NDArray> found) {
    return found.keySet().stream()
        .filter(name -> name.startsWith(RULE))
        .findFirst()
        .map(name -> "; it was written by " + name.substring(RULE.length()))
        .orElse("");
  }

  private static long counter(Map<String, NDArray> found, String name) {
    long count = require(found, name, new Shape(1), DataType.INT64, "").getLong(0);
    if (count < 0) {
      throw new IllegalArgumentException(
          "The optimiser state's tensor %s must be at least 0, but is %d".formatted(name, count));
    }
    return count;
  }

  /** Takes a tensor out of {@code found}; what remains at the end is extra. */
  private static NDArray require(
      Map<String, NDArray> found, String name, Shape shape, DataType type, String hint) {
    NDArray array = found.remove(name);
    if (array == null) {
      throw new IllegalArgumentException("The optimiser state lacks the tensor " + name + hint);
    }
    if (!array.getShape().equals(shape) || array.getDataType() != type) {
      throw new IllegalArgumentException(
          "The optimiser state's tensor %s is %s %s, but the model needs %s %s"
              .formatted(name, array.getShape(), array.getDataType(), shape, type));
    }
    return array;
  }
}
