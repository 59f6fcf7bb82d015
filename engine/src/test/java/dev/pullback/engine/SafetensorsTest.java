package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Arrays as safetensors; the reference's files come from the Python package safetensors 0.8.0. */
class SafetensorsTest {

  @AutoClose private final NDManager manager = NDManager.newBaseManager();
  private final NDManager host = HostValues.on(manager);
  @TempDir private Path folder;

  private Path resource(String name) throws IOException {
    return SafetensorsFiles.resource(folder, name);
  }

  private Path write(Map<String, NDArray> tensors, Map<String, String> metadata)
      throws IOException {
    Path file = folder.resolve("written.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      Safetensors.write(tensors, metadata, out);
    }
    return file;
  }

  /** The arrays that {@code reference.safetensors} holds. */
  private Map<String, NDArray> reference() {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("bool", host.create(new boolean[] {true, false, true}));
    tensors.put("u8", host.create(new int[] {0, 255}).toType(DataType.UINT8, true));
    tensors.put("i8", host.create(new byte[] {-128, 127}));
    tensors.put("f16", host.create(new float[] {1, -2.5f}).toType(DataType.FLOAT16, true));
    tensors.put(
        "i32", host.create(new int[] {Integer.MIN_VALUE, Integer.MAX_VALUE}, new Shape(1, 2)));
    tensors.put("f32", host.create(new float[] {1.5f, -2, 3, 4}, new Shape(2, 2)));
    tensors.put("f64", host.create(2.5));
    tensors.put("i64", host.create(new long[] {1, 1L << 40}, new Shape(1, 2, 1)));
    tensors.put("empty", manager.create(new Shape(0, 3)));
    return tensors;
  }

  @Test
  void writesTheReferencesBytes() throws IOException {
    assertArrayEquals(
        Files.readAllBytes(resource("reference.safetensors")),
        Files.readAllBytes(write(reference(), Map.of("format", "pt"))));
  }

  @Test
  void readsTheReferencesArrays() throws IOException {
    try (SafetensorsReader reader = Safetensors.open(resource("reference.safetensors"))) {
      assertEquals(Map.of("format", "pt"), reader.metadata());
      Map<String, NDArray> expected = reference();
      assertEquals(expected.keySet(), reader.tensors().keySet());
      assertEquals(new TensorInfo("I32", new Shape(1, 2), 8), reader.tensors().get("i32"));
      for (Map.Entry<String, NDArray> named : expected.entrySet()) {
        NDArray read = reader.read(named.getKey(), manager);
        assertEquals(named.getValue().getShape(), read.getShape());
        assertEquals(named.getValue().getDataType(), read.getDataType());
        assertEquals(named.getValue().toByteBuffer(), read.toByteBuffer(), named.getKey());
      }
    }
  }

  static Stream<Shape> shapes() {
    return Stream.of(
        new Shape(),
        new Shape(0),
        new Shape(3, 0, 2),
        new Shape(600_000),
        new Shape(1, 600_000),
        new Shape(700_000, 1),
        new Shape(3, 5, 50_000),
        new Shape(2, 3, 300_000),
        new Shape(2, 2, 2, 2, 100_001));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void arraysOfAnyShapeComeBack(Shape shape) throws IOException {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    NDArray array = host.create(values, shape);
    try (SafetensorsReader reader = Safetensors.open(write(Map.of("x", array), Map.of()))) {
      NDArray read = reader.read("x", manager);
      assertEquals(shape, read.getShape());
      assertArrayEquals(values, read.toFloatArray());
    }
  }

  /** A transposed array does not lie in memory as it is written. */
  @Test
  void valuesAreWrittenInTheOrderOfTheShape() throws IOException {
    NDArray array = host.arange(1_000_000f).reshape(1000, 1000).transpose();
    try (SafetensorsReader reader = Safetensors.open(write(Map.of("x", array), Map.of()))) {
      assertArrayEquals(array.toFloatArray(), reader.read("x", manager).toFloatArray());
    }
  }

  @Test
  void theOrderOfTheMapDoesNotMatter() throws IOException {
    NDArray one = host.create(new float[] {1});
    NDArray two = host.create(new long[] {2});
    Map<String, NDArray> forwards = new LinkedHashMap<>();
    forwards.put("a", one);
    forwards.put("b", two);
    Map<String, NDArray> backwards = new LinkedHashMap<>();
    backwards.put("b", two);
    backwards.put("a", one);
    assertArrayEquals(
        Files.readAllBytes(write(forwards, Map.of("x", "1", "y", "2"))),
        Files.readAllBytes(write(backwards, Map.of("y", "2", "x", "1"))));
  }

  @Test
  void whatTheFormatCannotHoldIsRefused() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThrows(
        IllegalArgumentException.class,
        () -> Safetensors.write(Map.of("__metadata__", manager.ones(new Shape(1))), Map.of(), out));
    assertEquals(0, out.size());
  }

  // Loading into arrays that exist

  @Test
  void aWeightKeepsItsGradientAndMayBeLoadedWhileGradientsAreCollected() throws IOException {
    Shape shape = new Shape(3, 200_000);
    Path file = write(Map.of("w", manager.ones(shape).mul(2)), Map.of());
    NDArray weight = manager.zeros(shape);
    weight.setRequiresGradient(true);
    try (SafetensorsReader reader = Safetensors.open(file);
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      reader.load("w", weight);
      NDArray loss = weight.mul(weight).sum();
      collector.backward(loss);
    }
    assertEquals(2, weight.toFloatArray()[599_999]);
    assertEquals(4, weight.getGradient().toFloatArray()[0]);
  }

  @Test
  void anArrayOfAnotherShapeOrTypeIsRefused() throws IOException {
    try (SafetensorsReader reader = Safetensors.open(resource("reference.safetensors"))) {
      for (NDArray wrong :
          List.of(manager.zeros(new Shape(4)), manager.zeros(new Shape(2, 2), DataType.FLOAT64))) {
        IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> reader.load("f32", wrong));
        assertTrue(
            e.getMessage().contains("f32") && e.getMessage().contains(wrong.getShape().toString()),
            e.getMessage());
        assertEquals(0, wrong.sum().toType(DataType.FLOAT64, false).getDouble());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SafetensorsDtype.class,
      names = {"F16", "BF16"})
  void halfPrecisionWidensToFloat32(SafetensorsDtype dtype) throws IOException {
    NDArray wide = manager.zeros(new Shape(8));
    try (SafetensorsReader reader = Safetensors.open(resource("every-dtype.safetensors"))) {
      reader.load(dtype == SafetensorsDtype.F16 ? "f16" : "bf16", wide);
    }
    float[] expected =
        dtype == SafetensorsDtype.F16
            ? new float[] {0, -0f, 1, -2.5f, 65504, 0x1p-24f, Float.POSITIVE_INFINITY, Float.NaN}
            : new float[] {
              0, -0f, 1, -2.5f, 65536, 0x1.02p-24f, Float.POSITIVE_INFINITY, Float.NaN
            };
    assertArrayEquals(expected, wide.toFloatArray());
  }

  /** Every bit pattern of float16, against the engine's own conversion. */
  @Test
  void everyFloat16Widens() throws IOException {
    int[] bits = new int[1 << 16];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = i;
    }
    byte[] data = new byte[2 * bits.length];
    for (int i = 0; i < bits.length; i++) {
      data[2 * i] = (byte) i;
      data[2 * i + 1] = (byte) (i >> 8);
    }
    Path file =
        SafetensorsFiles.write(
            folder,
            "{\"x\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}",
            data);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      NDArray wide = manager.zeros(new Shape(1 << 16));
      reader.load("x", wide);
      assertArrayEquals(
          reader.read("x", manager).toType(DataType.FLOAT32, true).toFloatArray(),
          wide.toFloatArray());
    }
  }

  /** PyTorch's engine would end the process if such an array were made. */
  @Test
  void typesWithoutArraysAreRefusedByName() throws IOException {
    Path file = resource("every-dtype.safetensors");
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertEquals("F8_E4M3", reader.tensors().get("f8a").dtype());
      List<String> refused = new ArrayList<>();
      for (Map.Entry<String, TensorInfo> tensor : reader.tensors().entrySet()) {
        try {
          reader.read(tensor.getKey(), manager);
        } catch (IOException e) {
          refused.add(tensor.getValue().dtype());
          assertTrue(
              e.getMessage().startsWith(file + ": tensor " + tensor.getKey())
                  && e.getMessage().contains(tensor.getValue().dtype()),
              e.getMessage());
        }
      }
      assertEquals(
          List.of("U64", "C64", "U32", "BF16", "U16", "I16", "F8_E4M3", "F8_E5M2"), refused);
    }
  }

  // Values that are not finite

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "FLOAT64", "FLOAT16"})
  void valuesThatAreNotFiniteAreFound(DataType type) throws IOException {
    NDArray good = manager.ones(new Shape(300_001)).toType(type, true);
    try (SafetensorsReader reader = Safetensors.open(write(Map.of("x", good), Map.of()))) {
      reader.requireFinite();
    }
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      float[] values = new float[300_001];
      values[300_000] = bad;
      NDArray array = host.create(values).toType(type, true);
      Path file = write(Map.of("a", good, "x", array), Map.of());
      try (SafetensorsReader reader = Safetensors.open(file)) {
        IOException e = assertThrows(IOException.class, reader::requireFinite);
        assertEquals(file + ": tensor x holds values that are not finite", e.getMessage());
      }
    }
  }

  // Several files

  private List<String> writeSharded(Map<String, NDArray> tensors, long maxBytes)
      throws IOException {
    List<String> names = new ArrayList<>();
    Safetensors.writeSharded(
        tensors,
        Map.of("format", "pt"),
        "model",
        maxBytes,
        name -> {
          names.add(name);
          return Files.newOutputStream(folder.resolve(name));
        });
    return names;
  }

  private Map<String, NDArray> layers() {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (String name : List.of("wte", "a", "b", "c")) {
      int size = name.equals("wte") ? 300 : 100;
      tensors.put(name, host.arange((float) size).add(tensors.size()));
    }
    return tensors;
  }

  @Test
  void aModelThatFitsIsOneFile() throws IOException {
    assertEquals(List.of("model.safetensors"), writeSharded(layers(), 2400));
  }

  @Test
  void aLargerModelIsSeveralFilesAndAnIndex() throws IOException {
    assertEquals(
        List.of(
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"),
        writeSharded(layers(), 800));
    assertEquals(
        """
        {
          "metadata" : {
            "total_size" : 2400
          },
          "weight_map" : {
            "wte" : "model-00001-of-00003.safetensors",
            "a" : "model-00002-of-00003.safetensors",
            "b" : "model-00002-of-00003.safetensors",
            "c" : "model-00003-of-00003.safetensors"
          }
        }""",
        Files.readString(folder.resolve("model.safetensors.index.json")));
    try (SafetensorsReader reader =
        Safetensors.open(folder.resolve("model.safetensors.index.json"))) {
      assertEquals(Map.of("format", "pt"), reader.metadata());
      assertEquals(layers().keySet(), reader.tensors().keySet());
      for (Map.Entry<String, NDArray> named : layers().entrySet()) {
        assertEquals(named.getValue(), reader.read(named.getKey(), manager));
      }
    }
  }

  /** What is done to the files of a model, and what the message says. */
  static Stream<List<String>> indexFaults() {
    return Stream.of(
        List.of("\"model-00003-of-00003", "\"model-00002-of-00003", "tensor c is not in"),
        List.of("\"model-00003-of-00003", "\"model-00004-of-00003", "no such file"),
        List.of("\"model-00003-of-00003", "\"../model-00003-of-00003", "beside it"),
        List.of("\"model-00003-of-00003", "\"/etc/model-00003-of-00003", "beside it"),
        List.of("\"model-00003-of-00003", "\"\\u0000-00003-of-00003", "beside it"),
        List.of("\"b\"", "\"a\"", "Duplicate field"),
        List.of("\"b\"", "\"d\"", "tensor d is not in"),
        List.of("\"weight_map\"", "\"weights\"", "weight_map"),
        List.of("\"weight_map\" : {", "\"weight_map\" : {\"x\": 1,", "x is not a string"),
        List.of("{", "[", "not a JSON object"),
        List.of("800", "800", "5 bytes"));
  }

  @ParameterizedTest
  @MethodSource("indexFaults")
  void anIndexAtFaultIsRefused(List<String> fault) throws IOException {
    writeSharded(layers(), 800);
    Path index = folder.resolve("model.safetensors.index.json");
    if (fault.get(0).equals("800")) {
      Files.writeString(folder.resolve("model-00002-of-00003.safetensors"), "short");
    }
    Files.writeString(
        index,
        Files.readString(index)
            .replaceFirst(
                java.util.regex.Pattern.quote(fault.get(0)),
                java.util.regex.Matcher.quoteReplacement(fault.get(1))));
    IOException e = assertThrows(IOException.class, () -> Safetensors.open(index).close());
    assertTrue(
        e.getMessage().startsWith(folder.toString()) && e.getMessage().contains(fault.get(2)),
        e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  @Test
  void aTensorThatTheIndexDoesNotListIsRefused() throws IOException {
    writeSharded(layers(), 800);
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replaceFirst("\"a\" : [^,]*,", ""));
    IOException e = assertThrows(IOException.class, () -> Safetensors.open(index).close());
    assertTrue(e.getMessage().contains("tensor a of model-00002-of-00003"), e.getMessage());
  }

  /** Files of two models, as after a copy that mixed them up. */
  @Test
  void filesThatDoNotBelongTogetherAreRefused() throws IOException {
    writeSharded(layers(), 800);
    try (OutputStream out =
        Files.newOutputStream(folder.resolve("model-00003-of-00003.safetensors"))) {
      Safetensors.write(Map.of("c", layers().get("c")), Map.of("format", "np"), out);
    }
    Path index = folder.resolve("model.safetensors.index.json");
    IOException e = assertThrows(IOException.class, () -> Safetensors.open(index).close());
    assertTrue(e.getMessage().contains("format is np in its metadata"), e.getMessage());
  }
}
