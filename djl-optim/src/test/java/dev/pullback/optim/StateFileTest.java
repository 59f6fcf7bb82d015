package dev.pullback.optim;

import static dev.pullback.optim.Resources.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.util.NativeResource;
import dev.pullback.engine.HostValues;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The optimiser's state as a file: what it holds, and what is refused. */
class StateFileTest {

  @AutoClose private final Resources open = new Resources();
  @TempDir private Path directory;

  private StepOptimizer trained(TensorsBlock block, String name) {
    StepOptimizer optimizer = open.optimizer(block, name, Map.of());
    block.train(optimizer, 1, 2);
    return optimizer;
  }

  private static byte[] bytes(StepOptimizer optimizer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    optimizer.saveState(out);
    return out.toByteArray();
  }

  private void load(StepOptimizer optimizer, byte[] content) throws IOException {
    Path file = directory.resolve("loaded.safetensors");
    Files.write(file, content);
    try {
      optimizer.loadState(file);
    } finally {
      Files.delete(file);
    }
  }

  private NDList decode(byte[] file) {
    return NDList.decode(open.manager(), file);
  }

  @Test
  void isASafetensorsFileKeyedByBlockPath() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd_rms");
    byte[] file = bytes(optimizer);
    assertEquals('{', file[8], "the header of a safetensors file");
    NDList list = decode(file);
    assertEquals(
        List.of(
            "p0/meanSquare",
            "p0/momentum",
            "p0/updates",
            "p1/meanSquare",
            "p1/momentum",
            "p1/updates",
            "p2/meanSquare",
            "p2/momentum",
            "p2/updates",
            "scalar/learningRate",
            "scalar/traceAverage",
            "step"),
        list.stream().map(NDArray::getName).sorted().toList());
    assertEquals(2, list.get("step").getLong(0));
    assertEquals(2, list.get("p1/updates").getLong(0));
    assertEquals(
        optimizer.state().scalars().get("traceAverage"),
        list.get("scalar/traceAverage").getDouble(0));
    optimizer.state().arrays().forEach((name, array) -> assertEquals(array, list.get(name), name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT32", "FLOAT64"})
  void roundTripKeepsEmptyAndScalarTensors(DataType type) throws IOException {
    TensorsBlock block = open.block(type).add(new double[0], type, 0, 3);
    StepOptimizer optimizer = trained(block, "adamw");
    TensorsBlock otherBlock = open.block(type).add(new double[0], type, 0, 3);
    StepOptimizer other = open.optimizer(otherBlock, "adamw", Map.of());
    load(other, bytes(optimizer));
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
    assertEquals(2, other.state().step());
    assertArrayEquals(bytes(optimizer), bytes(other));
  }

  @Test
  void pathsAreThoseOfTheBlock() throws IOException {
    Block block = MlpProblem.newBlock();
    block.initialize(open.manager(), DataType.FLOAT32, new Shape(1, MlpProblem.FEATURES));
    StepOptimizer optimizer = open.unbound(Optimizers.builder("sgd", Map.of()));
    optimizer.bind(block);
    assertEquals(
        block.getParameters().keys().stream()
            .map(path -> path + "/momentum")
            .collect(Collectors.toSet()),
        decode(bytes(optimizer)).stream()
            .map(NDArray::getName)
            .filter(name -> name.endsWith("/momentum"))
            .collect(Collectors.toSet()));
  }

  @Test
  void savesZerosBeforeTheFirstStep() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, "sgd_metric", Map.of());
    byte[] file = bytes(optimizer);
    StepOptimizer loaded = trained(open.block(DataType.FLOAT32), "sgd_metric");
    load(loaded, file);
    assertEquals(0, loaded.state().step());
    assertTrue(
        loaded.state().arrays().values().stream()
            .allMatch(array -> array.toType(DataType.FLOAT64, true).abs().sum().getDouble() == 0));
  }

  @Test
  void aFrozenParameterNeedsNoState() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    block.parameter(1).freeze(true);
    StepOptimizer optimizer = trained(block, "sgd");
    byte[] file = bytes(optimizer);
    assertTrue(decode(file).stream().noneMatch(array -> array.getName().startsWith("p1/")));
    TensorsBlock otherBlock = open.block(DataType.FLOAT32);
    otherBlock.parameter(1).freeze(true);
    StepOptimizer other = open.optimizer(otherBlock, "sgd", Map.of());
    load(other, file);
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());

    otherBlock.parameter(1).freeze(false);
    assertSays(assertThrows(IllegalArgumentException.class, () -> load(other, file)), "p1/");
  }

  @Test
  void aParameterThatWasFrozenLaterKeepsItsState() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd");
    block.parameter(1).freeze(true);
    block.train(optimizer, 3, 3);
    TensorsBlock otherBlock = open.block(DataType.FLOAT32);
    otherBlock.parameter(1).freeze(true);
    StepOptimizer other = open.optimizer(otherBlock, "sgd", Map.of());
    load(other, bytes(optimizer));
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
    assertEquals(2, decode(bytes(other)).get("p1/updates").getLong(0));
  }

  @Test
  void aParameterThatNeverTrainedIsSavedAsZeros() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    block.parameter(1).freeze(true);
    StepOptimizer optimizer = trained(block, "adamw");
    block.parameter(1).freeze(false);
    NDList list = decode(bytes(optimizer));
    assertEquals(0, list.get("p1/updates").getLong(0));
    assertEquals(open.manager().zeros(new Shape(4)), list.get("p1/momentum"));
    assertEquals(open.manager().zeros(new Shape(4)), list.get("p1/meanSquare"));
    assertEquals(2, list.get("p0/updates").getLong(0));
  }

  @Test
  void survivesTheUsersScope() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd_rms");
    byte[] file;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      file = bytes(optimizer);
    }
    Snapshot before = Snapshot.of(block, optimizer);
    List<NDArray> replaced = List.copyOf(optimizer.state().arrays().values());
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      load(optimizer, file);
    }
    assertEquals(before, Snapshot.of(block, optimizer));
    assertTrue(
        replaced.stream().allMatch(array -> ((NativeResource<?>) array).isReleased()),
        "what was replaced is freed");
    block.train(optimizer, 3, 3);
  }

  // Names that could be mistaken

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "rule", "step"})
  void parametersMayHaveAnyName(String name) throws IOException {
    TensorsBlock block = new TensorsBlock(open.manager()).addNamed(name, 1, 2);
    StepOptimizer optimizer = trained(block, "sgd_metric");
    TensorsBlock otherBlock = new TensorsBlock(open.manager()).addNamed(name, 1, 2);
    StepOptimizer other = open.optimizer(otherBlock, "sgd_metric", Map.of());
    load(other, bytes(optimizer));
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
  }

  // Files that are refused

  /** Loads a file that is at fault, and asserts that nothing has changed by it. */
  private <T extends Throwable> T assertRefused(Class<T> type, String name, byte[] file)
      throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, name);
    Snapshot before = Snapshot.of(block, optimizer);
    int arrays = optimizer.state().manager(block.tensor(0)).getManagedArrays().size();
    T error =
        assertThrows(
            type,
            () -> {
              try {
                load(optimizer, file);
              } catch (OutOfMemoryError e) {
                throw new AssertionError("reserved the memory that a broken file asks for", e);
              }
            });
    assertEquals(before, Snapshot.of(block, optimizer));
    assertEquals(
        arrays, optimizer.state().manager(block.tensor(0)).getManagedArrays().size(), "no leak");
    TensorsBlock twinBlock = open.block(DataType.FLOAT32);
    StepOptimizer twin = trained(twinBlock, name);
    block.train(optimizer, 3, 3);
    twinBlock.train(twin, 3, 3);
    assertEquals(Snapshot.of(twinBlock, twin), Snapshot.of(block, optimizer));
    return error;
  }

  /** Writes the state of a trained optimiser whose tensors and metadata have been changed. */
  private byte[] file(String name, BiConsumer<Map<String, NDArray>, Map<String, String>> change)
      throws IOException {
    Path saved = directory.resolve("saved.safetensors");
    Files.write(saved, bytes(trained(open.block(DataType.FLOAT32), name)));
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    Map<String, String> metadata;
    try (SafetensorsReader reader = Safetensors.open(saved)) {
      metadata = new HashMap<>(reader.metadata());
      for (String tensor : reader.tensors().keySet()) {
        tensors.put(tensor, reader.read(tensor, open.manager()));
      }
    }
    Files.delete(saved);
    change.accept(tensors, metadata);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(tensors, metadata, out);
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "step",
        "scalar/traceAverage",
        "p0/updates",
        "p0/momentum",
        "p1/meanSquare",
        "p2/momentum"
      })
  void aMissingTensorIsNamed(String name) throws IOException {
    byte[] file = file("sgd_rms", (tensors, metadata) -> tensors.remove(name));
    assertSays(assertRefused(IllegalArgumentException.class, "sgd_rms", file), name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"p3/momentum", "p0/variance", "scalar/temperature", "other"})
  void anExtraTensorIsNamed(String name) throws IOException {
    byte[] file =
        file(
            "sgd_rms",
            (tensors, metadata) ->
                tensors.put(name, HostValues.on(open.manager()).create(new double[] {1})));
    assertSays(assertRefused(IllegalArgumentException.class, "sgd_rms", file), name);
  }

  static Stream<Arguments> wrongTensors() {
    return Stream.of(
        Arguments.of("p0/momentum", new Shape(3, 2), DataType.FLOAT32),
        Arguments.of("p0/momentum", new Shape(6), DataType.FLOAT32),
        Arguments.of("p1/meanSquare", new Shape(4), DataType.FLOAT64),
        Arguments.of("p2/momentum", new Shape(1), DataType.FLOAT32),
        Arguments.of("step", new Shape(1), DataType.FLOAT32),
        Arguments.of("step", new Shape(2), DataType.INT64),
        Arguments.of("p1/updates", new Shape(1), DataType.INT32),
        Arguments.of("scalar/traceAverage", new Shape(1), DataType.FLOAT32));
  }

  @ParameterizedTest
  @MethodSource("wrongTensors")
  void aTensorOfAnotherShapeOrTypeIsNamed(String name, Shape shape, DataType type)
      throws IOException {
    byte[] file =
        file("sgd_rms", (tensors, metadata) -> tensors.put(name, open.manager().ones(shape, type)));
    assertSays(
        assertRefused(IllegalArgumentException.class, "sgd_rms", file),
        name,
        shape.toString(),
        (type.isFloating() ? "F" : "I") + 8 * type.getNumOfBytes());
  }

  @Test
  void aNegativeStepIsRefused() throws IOException {
    byte[] file =
        file(
            "sgd_rms",
            (tensors, metadata) ->
                tensors.put("step", HostValues.on(open.manager()).create(new long[] {-1})));
    assertSays(assertRefused(IllegalArgumentException.class, "sgd_rms", file), "step", "-1");
  }

  @Test
  void theStateOfAnotherAlgorithmIsRefused() throws IOException {
    byte[] file = file("adamw", (tensors, metadata) -> {});
    assertSays(assertRefused(IllegalArgumentException.class, "sgd_rms", file), "sgd_rms", "adamw");
  }

  @Test
  void theStateOfAnotherModelIsRefused() throws IOException {
    byte[] file = bytes(trained(open.block(DataType.FLOAT64), "sgd_rms"));
    assertSays(assertRefused(IllegalArgumentException.class, "sgd_rms", file), "p0/", "F64");
  }

  @Test
  void otherHyperparametersAreRefusedWithBothValues() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(block, "sgd_rms", Map.of("beta_rms", 0.95, "xi", 0.2, "lr", 0.5));
    block.train(optimizer, 1, 2);
    String message =
        assertRefused(IllegalArgumentException.class, "sgd_rms", bytes(optimizer)).getMessage();
    assertTrue(
        message.endsWith(
            "was written under other hyperparameters: beta_rms is 0.95 there and 0.99 here,"
                + " xi is 0.2 there and 0.1 here"),
        message);
  }

  /** They may change during training. */
  @Test
  void learningRateAndWeightDecayMayDiffer() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "adamw");
    StepOptimizer other =
        open.optimizer(
            open.block(DataType.FLOAT32), "adamw", Map.of("lr", 0.5, "weight_decay", 0.1));
    load(other, bytes(optimizer));
    assertEquals(2, other.state().step());
  }

  /** Every hyperparameter by which a rule can be built is stored, and one that differs refused. */
  @ParameterizedTest
  @MethodSource("specs")
  void everyHyperparameterIsStored(OptimizerSpec spec) throws IOException {
    byte[] file = bytes(trained(open.block(DataType.FLOAT32), spec.name()));
    for (String name : spec.defaults().keySet()) {
      double value = WHOLE_NUMBERS.contains(name) ? 3 : 0.123;
      StepOptimizer other =
          open.optimizer(open.block(DataType.FLOAT32), spec.name(), Map.of(name, value));
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> load(other, file)),
          name + " is ",
          value == 3 ? "3 here" : spec.defaults().get(name) + " there and 0.123 here");
    }
  }

  static List<OptimizerSpec> specs() {
    return Golden.optimizers();
  }

  /** One optimiser under two names, or built in two ways. */
  @Test
  void theSameOptimizerUnderAnotherNameIsLoaded() throws IOException {
    load(
        open.optimizer(open.block(DataType.FLOAT32), "adamw", Map.of()),
        bytes(trained(open.block(DataType.FLOAT32), "adam")));
    load(
        open.optimizer(
            open.block(DataType.FLOAT32), StepOptimizer.builder(Rules.adam(0.9, 0.999, 1e-8))),
        bytes(trained(open.block(DataType.FLOAT32), "adamw")));
    load(
        open.optimizer(open.block(DataType.FLOAT32), InducedMetric.builder().optRms(0.99, 1e-8)),
        bytes(trained(open.block(DataType.FLOAT32), "sgd_rms")));
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer built = open.optimizer(block, InducedMetric.over(Rules.adam(0.9, 0.99, 1e-8)));
    block.train(built, 1, 2);
    load(open.optimizer(open.block(DataType.FLOAT32), "sgd_rms", Map.of()), bytes(built));
  }

  /** Version 1 named hyperparameters as users do; RMSprop's momentum contained the rate. */
  @ParameterizedTest
  @CsvSource({"adamw, beta1", "muon, adam_beta1", "sgd_rms, metric", "rmsprop, decay"})
  void filesOfVersion1AreLoaded(String name, String key) throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, name);
    byte[] earlier = file(name, (tensors, metadata) -> toVersion1(name, tensors, metadata));
    assertTrue(new String(earlier, StandardCharsets.ISO_8859_1).contains("hyperparameter." + key));
    TensorsBlock other = open.block(DataType.FLOAT32);
    StepOptimizer loaded = open.optimizer(other, name, Map.of());
    load(loaded, earlier);
    assertEquals(optimizer.steps(), loaded.steps());
    assertEquals(1, loaded.state().entries().get("p0").lastRate());
    if (!name.equals("rmsprop")) {
      assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(other, loaded).state());
    }
  }

  private static void toVersion1(
      String name, Map<String, NDArray> tensors, Map<String, String> metadata) {
    metadata.put("version", "1");
    metadata.remove("kind");
    tensors.remove("scalar/learningRate");
    String prefix = "hyperparameter.";
    metadata.keySet().removeIf(key -> key.startsWith(prefix));
    Map<String, Double> values = Optimizers.byName(name).defaults();
    values.forEach((key, value) -> metadata.put(prefix + key, value.toString()));
    if (name.equals("sgd_rms")) {
      metadata.put(prefix + "metric", "Rms");
      metadata.put(prefix + "embedding", "Linear");
    }
  }

  /** A rule's own name, or one that was chosen, may be that of another optimiser here. */
  @Test
  void anotherOptimizerUnderANameOfTheLibraryIsLoaded() throws IOException {
    List<ParameterGroup> matrices =
        List.of(
            ParameterGroup.of("all", p -> p.isMatrix(), Rules.muon(0.95, 1e-8, false)),
            ParameterGroup.rest(Rules.sgd(0.9)));
    for (String name : List.of("muon", "lion")) {
      TensorsBlock block = open.block(DataType.FLOAT32);
      StepOptimizer optimizer = open.optimizer(block, StepOptimizer.builder(name, matrices));
      block.train(optimizer, 1, 2);
      TensorsBlock otherBlock = open.block(DataType.FLOAT32);
      StepOptimizer other = open.optimizer(otherBlock, StepOptimizer.builder(name, matrices));
      load(other, bytes(optimizer));
      assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
    }
  }

  private static StepOptimizerBuilder<?> rmsProp(TensorsBlock block, float first, float others) {
    StepOptimizerBuilder<?> builder = StepOptimizer.builder(Rules.rmsProp(0.9, 0.8, 1e-8));
    String id = block.parameter(0).getId();
    return builder.optLearningRateTracker(
        (String parameter, int step) -> parameter.equals(id) ? first * step : others);
  }

  @ParameterizedTest
  @CsvSource({"0.1, 0.1", "0.1, 0.3", "0.1, 0", "0, 0"})
  void theRateThatStateContainsIsStored(float first, float others) throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer = open.optimizer(block, rmsProp(block, first, others));
    TensorsBlock otherBlock = open.block(DataType.FLOAT64);
    StepOptimizer other = open.optimizer(otherBlock, rmsProp(otherBlock, first, others));
    block.train(optimizer, 1, 2);
    otherBlock.train(open.optimizer(otherBlock, rmsProp(otherBlock, first, others)), 1, 2);
    load(other, bytes(optimizer));
    assertArrayEquals(bytes(optimizer), bytes(other));
    block.train(optimizer, 3, 4);
    otherBlock.train(other, 3, 4);
    assertEquals(Snapshot.of(block, optimizer), Snapshot.of(otherBlock, other));
  }

  /** Files of version 2 once left out a rate of 0. */
  @Test
  void aFileWithoutARateIsOneOfRateZero() throws IOException {
    byte[] file = file("rmsprop", (tensors, metadata) -> tensors.remove("scalar/learningRate"));
    StepOptimizer optimizer = open.optimizer(open.block(DataType.FLOAT32), "rmsprop", Map.of());
    load(optimizer, file);
    assertEquals(0, optimizer.state().entries().get("p0").lastRate());
  }

  @Test
  void aNegativeRateIsRefused() throws IOException {
    byte[] file =
        file(
            "rmsprop",
            (tensors, metadata) ->
                tensors.put(
                    "p1/lastRate", HostValues.on(open.manager()).create(new double[] {-1})));
    assertSays(assertRefused(IllegalArgumentException.class, "rmsprop", file), "p1/lastRate", "-1");
  }

  @Test
  void theKindOfMetricAndEmbeddingIsStored() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = open.optimizer(block, InducedMetric.builder());
    block.train(optimizer, 1, 1);
    byte[] file = bytes(optimizer);
    StepOptimizer other =
        open.optimizer(
            open.block(DataType.FLOAT32),
            InducedMetric.builder().optEmbedding(new LossEmbedding.Log()));
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> load(other, file)),
        "embedding is Linear there and Log here");
  }

  private static final Set<String> WHOLE_NUMBERS = Set.of("every", "longest_side", "block");

  @ParameterizedTest
  @ValueSource(strings = {"format", "version"})
  void anotherFormatIsRefused(String key) throws IOException {
    byte[] file = file("sgd_rms", (tensors, metadata) -> metadata.put(key, "77"));
    assertSays(
        assertRefused(IllegalArgumentException.class, "sgd_rms", file),
        "77",
        "pullback-optimizer-state");
  }

  @ParameterizedTest
  @ValueSource(strings = {"p1/meanSquare", "scalar/traceAverage"})
  void valuesThatAreNotFiniteAreRefused(String name) throws IOException {
    byte[] file =
        file("sgd_rms", (tensors, metadata) -> tensors.put(name, tensors.get(name).mul(1 / 0.0)));
    assertSays(assertRefused(IOException.class, "sgd_rms", file), name, "not finite");
  }

  // Files of before the metadata

  private byte[] oldFile(String name) throws IOException {
    return file(
        name,
        (tensors, metadata) -> {
          metadata.clear();
          tensors.put("rule/" + name, HostValues.on(open.manager()).create(new long[] {1}));
        });
  }

  @Test
  void filesWithoutMetadataAreRead() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd_rms");
    TensorsBlock otherBlock = open.block(DataType.FLOAT32);
    StepOptimizer other = open.optimizer(otherBlock, "sgd_rms", Map.of("beta_rms", 0.95));
    load(other, oldFile("sgd_rms"));
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
  }

  @Test
  void filesWithoutMetadataNameTheirOptimiser() throws IOException {
    assertSays(
        assertRefused(IllegalArgumentException.class, "sgd_rms", oldFile("adamw")),
        "written by adamw",
        "sgd_rms");
    byte[] none = file("sgd_rms", (tensors, metadata) -> metadata.clear());
    assertSays(
        assertRefused(IllegalArgumentException.class, "sgd_rms", none), "which optimiser wrote it");
  }

  /** Cut within the length, the header and the data, and just before the last byte. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.01, 0.3, 0.7, 0.95, 0.9999})
  void aTruncatedFileIsAnIoError(double part) throws IOException {
    byte[] whole = file("sgd_rms", (tensors, metadata) -> {});
    byte[] file = Arrays.copyOf(whole, (int) (part * whole.length));
    assertTrue(file.length < whole.length);
    assertSays(assertRefused(IOException.class, "sgd_rms", file), "not a complete");
  }

  static Stream<byte[]> garbage() {
    byte[] hugeHeader =
        ByteBuffer.allocate(64)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(Integer.MAX_VALUE)
            .put((byte) '{')
            .array();
    byte[] notJson =
        ByteBuffer.allocate(64)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(20)
            .put("{this is not json at all}".getBytes(StandardCharsets.UTF_8))
            .array();
    byte[] random = new byte[1000];
    new Random(3).nextBytes(random);
    return Stream.of(
        "hello, world".getBytes(StandardCharsets.UTF_8),
        random,
        notJson,
        hugeHeader,
        new byte[1000]);
  }

  @ParameterizedTest
  @MethodSource("garbage")
  void garbageIsAnIoError(byte[] file) throws IOException {
    assertSays(
        assertRefused(IOException.class, "sgd_rms", file), "not a complete safetensors file");
  }

  // Files

  @Test
  void replacesTheFileInOneGo() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd_rms");
    Path file = directory.resolve("optimizer.safetensors");
    optimizer.saveState(file);
    byte[] first = Files.readAllBytes(file);
    assertArrayEquals(bytes(optimizer), first);
    block.train(optimizer, 3, 3);
    optimizer.saveState(file);
    assertNotEquals(List.of(first), List.of(Files.readAllBytes(file)));
    assertOnlyFile(file);

    TensorsBlock otherBlock = open.block(DataType.FLOAT32);
    StepOptimizer other = open.optimizer(otherBlock, "sgd_rms", Map.of());
    other.loadState(file);
    assertEquals(Snapshot.of(block, optimizer).state(), Snapshot.of(otherBlock, other).state());
  }

  @Test
  void aFailedSaveLeavesTheEarlierFile() throws IOException {
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer = trained(block, "sgd_rms");
    Path file = directory.resolve("optimizer.safetensors");
    optimizer.saveState(file);
    byte[] before = Files.readAllBytes(file);
    optimizer.state().arrays().get("p1/momentum").close();
    assertThrows(IllegalStateException.class, () -> optimizer.saveState(file));
    assertArrayEquals(before, Files.readAllBytes(file));
    assertOnlyFile(file);
  }

  private void assertOnlyFile(Path file) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          new TreeSet<>(List.of(file)), files.collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void aMissingFileIsAnIoError() {
    StepOptimizer optimizer = trained(open.block(DataType.FLOAT32), "sgd");
    assertSays(
        assertThrows(
            IOException.class, () -> optimizer.loadState(directory.resolve("missing.safetensors"))),
        "missing.safetensors");
  }

  @Test
  void unboundUseExplainsHowToBind() throws IOException {
    byte[] file = file("sgd", (tensors, metadata) -> {});
    StepOptimizer optimizer = open.unbound(Optimizers.builder("sgd", Map.of()));
    for (Executable use :
        List.<Executable>of(() -> load(optimizer, file), () -> bytes(optimizer))) {
      assertSays(assertThrows(IllegalStateException.class, use), "addTrainingListeners", "bind");
    }
  }

  @Test
  void aBlockThatIsNotInitialisedIsExplained() throws IOException {
    byte[] file = file("sgd", (tensors, metadata) -> {});
    StepOptimizer optimizer = open.unbound(Optimizers.builder("sgd", Map.of()));
    optimizer.bind(MlpProblem.newBlock());
    for (Executable use :
        List.<Executable>of(() -> load(optimizer, file), () -> bytes(optimizer))) {
      assertSays(assertThrows(RuntimeException.class, use), "initialized");
    }
  }
}
