package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {

  @TempDir private Path folder;
  private NDManager manager;
  private Path file;

  @BeforeEach
  void open() throws IOException {
    manager = NDManager.newBaseManager();
    file = folder.resolve("model.safetensors");
    ModelFile.write(block(1, 1), file);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void bringsTheWeightsBack() {
    GptBlock other = block(1, 2);
    ModelFile.read(other, file);
    assertArrayEquals(wte(block(1, 1)), wte(other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"empty", "half", "zeros", "huge header", "negative header"})
  void refusesDamagedFiles(String damage) throws IOException {
    byte[] good = Files.readAllBytes(file);
    ByteBuffer header = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    byte[] bad =
        switch (damage) {
          case "empty" -> new byte[0];
          case "half" -> Arrays.copyOf(good, good.length / 2);
          case "zeros" -> new byte[good.length];
          case "huge header" -> header.putLong(0, Integer.MAX_VALUE - 8).array();
          default -> header.putLong(0, -1).array();
        };
    refuses(bad, block(1, 2), "not a complete safetensors file");
  }

  @Test
  void refusesAnotherModel() throws IOException {
    refuses(Files.readAllBytes(file), block(2, 2), "h.1.ln1.weight");
  }

  /** A weight of the last tensor is not finite: the first ones must not have been replaced. */
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void refusesWeightsThatAreNotFinite(float bad) throws IOException {
    GptBlock broken = block(1, 1);
    NDArray last = broken.getParameters().get("ln_f.weight").getArray();
    try (NDArray values = manager.full(last.getShape(), bad)) {
      EngineSupport.of(last).load(last, values);
    }
    ModelFile.write(broken, file);
    refuses(Files.readAllBytes(file), block(1, 2), "ln_f.weight holds values that are not finite");
  }

  @Test
  void comesBackFromSeveralFiles() throws IOException {
    Path shards = Files.createDirectory(folder.resolve("shards"));
    ModelFile.write(block(1, 1), name -> Files.newOutputStream(shards.resolve(name)), 300);
    try (Stream<Path> files = Files.list(shards)) {
      assertTrue(files.count() > 3);
    }
    GptBlock other = block(1, 2);
    ModelFile.read(other, shards);
    assertArrayEquals(wte(block(1, 1)), wte(other));

    Path single = Files.createDirectory(folder.resolve("single"));
    ModelFile.write(block(1, 1), name -> Files.newOutputStream(single.resolve(name)), 1 << 20);
    assertArrayEquals(
        Files.readAllBytes(file), Files.readAllBytes(single.resolve("model.safetensors")));
    ModelFile.read(block(1, 2), single);
  }

  @Test
  void refusesAMissingFile() throws IOException {
    Files.delete(file);
    InputException e =
        assertThrows(InputException.class, () -> ModelFile.read(block(1, 2), folder));
    assertEquals(file + ": no such file", e.getMessage());
  }

  private void refuses(byte[] content, GptBlock block, String expected) throws IOException {
    Files.write(file, content);
    float[] before = wte(block);
    InputException e = assertThrows(InputException.class, () -> ModelFile.read(block, file));
    assertTrue(
        e.getMessage().contains(expected) && e.getMessage().contains(file.toString()),
        e.getMessage());
    assertArrayEquals(before, wte(block));
  }

  private GptBlock block(int layers, long seed) {
    GptBlock block =
        new GptBlock(
            new GptConfig(5, 4, layers, 1, 4, 0, true, true, Gelu.ERF, 1e-5, Initialization.GPT2),
            seed);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 4));
    return block;
  }

  private static float[] wte(GptBlock block) {
    return block.getParameters().get("wte").getArray().toFloatArray();
  }
}
