package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.engine.TensorInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The optimiser state as safetensors. Arrays are named {@code path/name}; {@code path/updates}
 * counts a parameter's updates, {@code path/lastRate} is the learning rate of the latest where that
 * is not {@code scalar/learningRate}, {@code step} counts the steps, {@code scalar/name} holds a
 * number for the model as a whole. The metadata hold the format, its version, the optimiser's name,
 * its kind (of which rules it is made) and its hyperparameters, so that state of another kind, or
 * of one that was set up otherwise, is refused. {@link EarlierState} knows the versions before.
 */
final class StateFile {

  static final String FORMAT = "format";
  static final String FORMAT_NAME = "pullback-optimizer-state";
  static final String VERSION = "version";
  static final String VERSION_NUMBER = "2";
  static final String KIND = "kind";
  static final String OPTIMIZER = "optimizer";
  static final String HYPERPARAMETER = "hyperparameter.";

  private static final String STEP = "step";
  static final String UPDATES = "updates";
  private static final String LAST_RATE = "lastRate";

  /** The weights that are trained, where a model is kept with an average of them. */
  static final String WEIGHT = "weight";

  /** What no rule may call its state. */
  static final Set<String> RESERVED = Set.of(UPDATES, WEIGHT, LAST_RATE);

  static final String RULE = "rule/";
  private static final String SCALAR = "scalar/";

  /** What optimisers may be called. */
  static final Pattern NAME = Pattern.compile("[\\w.+-]+");

  private static final Shape ONE = new Shape(1);

  private StateFile() {}

  /**
   * Writes the state.
   *
   * @param weights those that are trained, by path, where the model is kept with an average
   */
  static void write(
      OptimizerState state,
      Recipe recipe,
      Map<String, NDArray> weights,
      NDManager parent,
      OutputStream out)
      throws IOException {
    try (NDManager manager = HostValues.on(parent.newSubManager())) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      arrays.put(STEP, manager.create(new long[] {state.step()}));
      double usualRate = state.scalars().getOrDefault(ModelStep.LEARNING_RATE, 0.0);
      state
          .scalars()
          .forEach(
              (name, value) -> arrays.put(SCALAR + name, manager.create(new double[] {value})));
      state
          .entries()
          .forEach(
              (path, entry) -> {
                arrays.put(path + "/" + UPDATES, manager.create(new long[] {entry.updates()}));
                if (entry.updates() > 0 && entry.lastRate() != usualRate) {
                  arrays.put(
                      path + "/" + LAST_RATE, manager.create(new double[] {entry.lastRate()}));
                }
              });
      arrays.putAll(state.arrays());
      weights.forEach((path, weight) -> arrays.put(path + "/" + WEIGHT, weight));
      Safetensors.write(arrays, metadata(recipe), out);
    }
  }

  private static Map<String, String> metadata(Recipe recipe) {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(FORMAT, FORMAT_NAME);
    metadata.put(VERSION, VERSION_NUMBER);
    metadata.put(OPTIMIZER, recipe.name());
    metadata.put(KIND, recipe.kind());
    recipe
        .hyperparameters()
        .forEach((name, value) -> metadata.put(HYPERPARAMETER + name, String.valueOf(value)));
    return metadata;
  }

  /**
   * Reads a file into {@code state}. It is checked against the rule and the model first; on any
   * error the state is left as it was.
   */
  static void read(OptimizerState state, Recipe recipe, BoundModel model, Path file)
      throws IOException {
    NDManager owner = state.manager(model.all().get(0).array());
    try (SafetensorsReader reader = Safetensors.open(file);
        NDManager scratch = owner.newSubManager()) {
      new Loading(file, reader, scratch).into(state, recipe, model, owner);
    }
  }

  /** A file that is being checked and read. */
  private static final class Loading {

    private final Path file;
    private final SafetensorsReader reader;
    private final NDManager scratch;
    private final Map<String, TensorInfo> left;
    private final Set<String> ownRates = new TreeSet<>();

    Loading(Path file, SafetensorsReader reader, NDManager scratch) {
      this.file = file;
      this.reader = reader;
      this.scratch = scratch;
      this.left = reader.tensors();
    }

    void into(OptimizerState state, Recipe recipe, BoundModel model, NDManager owner)
        throws IOException {
      checkRecipe(recipe);
      Set<String> numbers = scalarNames(recipe);
      Map<String, BoundModel.Named> named = requireTensors(recipe, numbers, model);
      reader.requireFinite();
      long step = counter(STEP);
      Map<String, Double> scalars = new LinkedHashMap<>();
      for (String name : step == 0 ? Set.<String>of() : numbers) {
        scalars.put(name, reader.read(SCALAR + name, scratch).getDouble(0));
      }
      double usualRate = scalars.getOrDefault(ModelStep.LEARNING_RATE, rateOfNone());
      NDList owned = new NDList();
      Map<String, OptimizerState.Entry> entries = new LinkedHashMap<>();
      for (BoundModel.Named parameter : named.values()) {
        String path = parameter.path();
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (String name : recipe.stateShapes(parameter.info()).keySet()) {
          NDArray array = reader.read(path + "/" + name, scratch);
          owned.add(array);
          arrays.put(name, array);
        }
        entries.put(
            path,
            new OptimizerState.Entry(
                parameter.info(),
                arrays,
                counter(path + "/" + UPDATES),
                ownRates.contains(path) ? rate(path + "/" + LAST_RATE) : usualRate));
      }
      if (recipe.averaging() != null) {
        for (BoundModel.Named parameter : named.values()) {
          reader.load(parameter.path() + "/" + WEIGHT, parameter.array());
        }
      }
      owned.attach(owner);
      state.replace(step, scalars, entries, owned);
    }

    /** The numbers that a file of this version holds for the recipe. */
    private Set<String> scalarNames(Recipe recipe) {
      Set<String> names = new TreeSet<>(recipe.scalarNames());
      if (left.containsKey(SCALAR + ModelStep.LEARNING_RATE)) {
        names.add(ModelStep.LEARNING_RATE);
      }
      return names;
    }

    /**
     * The rate of a file that has none: version 2 once left out a rate of 0, and before it the
     * state contained the rate.
     */
    private double rateOfNone() {
      return VERSION_NUMBER.equals(reader.metadata().get(VERSION)) ? 0 : 1;
    }

    private void checkRecipe(Recipe recipe) {
      Map<String, String> found = EarlierState.translated(reader.metadata(), left);
      String name = found.get(OPTIMIZER);
      if (found.containsKey(FORMAT)
          && (!found.get(FORMAT).equals(FORMAT_NAME)
              || !VERSION_NUMBER.equals(found.get(VERSION)))) {
        throw wrong(
            "is of format %s, version %s, but %s, version %s, is wanted"
                .formatted(found.get(FORMAT), found.get(VERSION), FORMAT_NAME, VERSION_NUMBER));
      }
      if (name == null || !NAME.matcher(name).matches()) {
        throw wrong("does not say which optimiser wrote it");
      }
      if (!recipe.kind().equals(found.get(KIND))
          || (!name.equals(recipe.name()) && !isOfKind(name, recipe.kind()))) {
        throw wrong("was written by %s, but this optimiser is %s".formatted(name, recipe.name()));
      }
      if (found.containsKey(FORMAT)) {
        checkHyperparameters(found, metadata(recipe), recipe.names());
      } else if (!EarlierState.isSame(name, recipe.name())) {
        throw wrong("was written by %s, but this optimiser is %s".formatted(name, recipe.name()));
      }
    }

    /** A name of the library's own says of which kind its state is, unless it is ours too. */
    private static boolean isOfKind(String name, String kind) {
      return Optimizers.all().stream()
          .filter(spec -> spec.name().equals(name))
          .map(spec -> spec.builder(Map.of()))
          .map(own -> own.recipe().with(own.averaging()).kind())
          .allMatch(
              own ->
                  List.of(own, "average(" + own + ")", "schedule_free(" + own + ")")
                      .contains(kind));
    }

    private void checkHyperparameters(
        Map<String, String> found, Map<String, String> own, Map<String, String> known) {
      Set<String> names = new TreeSet<>(found.keySet());
      names.addAll(own.keySet());
      names.removeIf(name -> !name.startsWith(HYPERPARAMETER));
      names.removeIf(name -> found.getOrDefault(name, "").equals(own.getOrDefault(name, "")));
      if (!names.isEmpty()) {
        throw wrong(
            "was written under other hyperparameters: "
                + names.stream()
                    .map(
                        name -> {
                          String bare = name.substring(HYPERPARAMETER.length());
                          return "%s is %s there and %s here"
                              .formatted(
                                  known.getOrDefault(bare, bare),
                                  found.getOrDefault(name, "absent"),
                                  own.getOrDefault(name, "absent"));
                        })
                    .distinct()
                    .collect(Collectors.joining(", ")));
      }
    }

    /** Checks that the file has what the rule and the model need and nothing else. */
    private Map<String, BoundModel.Named> requireTensors(
        Recipe recipe, Set<String> numbers, BoundModel model) throws IOException {
      require(STEP, ONE, DataType.INT64);
      for (String name : counter(STEP) == 0 ? Set.<String>of() : numbers) {
        require(SCALAR + name, ONE, DataType.FLOAT64);
      }
      Map<String, BoundModel.Named> withState = new LinkedHashMap<>();
      for (BoundModel.Named named : model.all()) {
        ParameterInfo info = named.info();
        String updates = info.path() + "/" + UPDATES;
        if (!named.parameter().requiresGradient() && !left.containsKey(updates)) {
          continue; // a parameter that is frozen and always was has no state
        }
        require(updates, ONE, DataType.INT64);
        if (left.containsKey(info.path() + "/" + LAST_RATE)) {
          require(info.path() + "/" + LAST_RATE, ONE, DataType.FLOAT64);
          ownRates.add(info.path());
        }
        recipe
            .stateShapes(info)
            .forEach((name, shape) -> require(info.path() + "/" + name, shape, info.dataType()));
        if (recipe.averaging() != null) {
          require(info.path() + "/" + WEIGHT, info.shape(), info.dataType());
        }
        withState.put(info.path(), named);
      }
      if (!left.isEmpty()) {
        throw wrong(
            "has tensors that the model does not have: "
                + String.join(", ", new TreeSet<>(left.keySet())));
      }
      return withState;
    }

    /** Takes a tensor out of {@code left}; what remains at the end is extra. */
    private void require(String name, Shape shape, DataType type) {
      TensorInfo tensor = left.remove(name);
      if (tensor == null) {
        throw wrong("lacks the tensor " + name);
      }
      if (!tensor.is(shape, type)) {
        throw wrong(
            "holds %s as %s %s, but the model needs %s %s"
                .formatted(name, tensor.shape(), tensor.dtype(), shape, type));
      }
    }

    private long counter(String name) throws IOException {
      long count = reader.read(name, scratch).getLong(0);
      if (count < 0) {
        throw wrong("holds %s as %d, which must be at least 0".formatted(name, count));
      }
      return count;
    }

    private double rate(String name) throws IOException {
      double rate = reader.read(name, scratch).getDouble(0);
      if (rate < 0) {
        throw wrong("holds %s as %s, which must be at least 0".formatted(name, rate));
      }
      return rate;
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException("The optimiser state %s %s".formatted(file, what));
    }
  }
}
