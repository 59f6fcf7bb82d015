package dev.pullback.optim;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.pullback.engine.EngineSupport;
import java.lang.ref.Cleaner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that an optimiser remembers between steps: counters, numbers for the model as a whole, and
 * named arrays for every parameter, keyed by the parameter's path. It owns its arrays; they are
 * freed by {@link #close()}, or when the state becomes unreachable.
 */
final class OptimizerState implements AutoCloseable {

  private static final Cleaner CLEANER = Cleaner.create();

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Double> scalars = new TreeMap<>();
  private long step;
  private NDManager manager;

  /** The state of one parameter. */
  static final class Entry {
    private final ParameterInfo info;
    private final Map<String, NDArray> arrays;
    private long updates;
    private double lastRate;

    Entry(ParameterInfo info, Map<String, NDArray> arrays, long updates, double lastRate) {
      this.info = info;
      this.arrays = arrays;
      this.updates = updates;
      this.lastRate = lastRate;
    }

    ParameterInfo info() {
      return info;
    }

    Map<String, NDArray> arrays() {
      return arrays;
    }

    long updates() {
      return updates;
    }

    /** Returns the learning rate of the latest update. */
    double lastRate() {
      return lastRate;
    }

    void finishUpdate(double rate) {
      updates++;
      lastRate = rate;
    }
  }

  OptimizerState() {}

  /** Returns the number of steps taken, without skipped ones. */
  long step() {
    return step;
  }

  /** Returns a copy of the numbers kept for the model as a whole. */
  Map<String, Double> scalars() {
    return Map.copyOf(scalars);
  }

  /**
   * Returns the arrays of all parameters seen so far, named {@code path/name}. They stay the
   * optimiser's: do not close them.
   */
  Map<String, NDArray> arrays() {
    Map<String, NDArray> named = new LinkedHashMap<>();
    entries.forEach(
        (path, entry) ->
            entry.arrays().forEach((name, array) -> named.put(path + "/" + name, array)));
    return named;
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /** Returns the parameters that have state, those that are frozen now included. */
  List<BoundModel.Named> withEntry(BoundModel model) {
    return model.all().stream().filter(named -> entries.containsKey(named.path())).toList();
  }

  void finishStep(Map<String, Double> newScalars) {
    step++;
    scalars.putAll(newScalars);
  }

  /**
   * Returns a parameter's state, created when it is seen for the first time: as zeros, or as copies
   * of the weight.
   */
  Entry entry(ParameterInfo info, Recipe recipe, NDArray weight) {
    Entry known = entries.get(info.path());
    if (known != null && !known.info().equals(info)) {
      throw new IllegalStateException(
          "Parameter %s is now %s %s, but its optimiser state is of %s %s; build a new optimiser for a changed model"
              .formatted(
                  info.path(),
                  info.shape(),
                  info.dataType(),
                  known.info().shape(),
                  known.info().dataType()));
    }
    return known != null
        ? known
        : entries.computeIfAbsent(info.path(), path -> begin(info, recipe, weight));
  }

  private Entry begin(ParameterInfo info, Recipe recipe, NDArray weight) {
    NDManager owner = manager(weight);
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    recipe
        .stateShapes(info)
        .forEach(
            (name, shape) -> {
              NDArray first = owner.zeros(shape, info.dataType());
              NDScope.unregister(first);
              if (recipe.copies().contains(name)) {
                EngineSupport.of(first).load(first, weight);
              }
              arrays.put(name, first);
            });
    return new Entry(info, arrays, 0, 0);
  }

  /** Takes over what a file held, which has been checked against the model. */
  void replace(
      long newStep, Map<String, Double> newScalars, Map<String, Entry> newEntries, NDList owned) {
    arrays().values().forEach(NDArray::close);
    entries.clear();
    step = newStep;
    scalars.clear();
    scalars.putAll(newScalars);
    entries.putAll(newEntries);
    owned.forEach(NDScope::unregister);
  }

  /** Returns the manager that owns the state, on the device of the model's weights. */
  NDManager manager(NDArray weight) {
    if (manager == null || !manager.isOpen()) {
      Device device = weight.getDevice();
      NDManager created = weight.getManager().getEngine().newBaseManager(device);
      created.setName("optimizer-state");
      CLEANER.register(this, created::close);
      manager = created;
    }
    return manager;
  }

  /** Frees all arrays and forgets every step. */
  @Override
  public void close() {
    entries.clear();
    scalars.clear();
    step = 0;
    if (manager != null) {
      manager.close();
    }
  }
}
