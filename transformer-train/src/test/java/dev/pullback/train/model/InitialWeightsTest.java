package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How weights come into being: the same numbers on any number of threads and in any pieces. */
class InitialWeightsTest {

  /** An embedding of more than one piece of values, and several matrices. */
  private static final GptConfig LARGE =
      new GptConfig(20_000, 8, 2, 4, 256, 0, true, true, Gelu.ERF, 1e-5, Initialization.GPT2);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "FLOAT64"})
  void everyParameterHasAStreamOfItsOwn(DataType type) {
    GptBlock block = new GptBlock(LARGE, 5);
    block.initialize(manager, type, new Shape(1, 8));
    for (String path : new String[] {"wte", "wpe", "h.0.attn.qkv.weight", "h.1.mlp.fc.weight"}) {
      Random random = new Random(SplitMix64.mix(5, path));
      NDArray array = block.getParameters().get(path).getArray();
      assertEquals(type, array.getDataType());
      float[] expected = new float[(int) array.getShape().size()];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = (float) (0.02 * random.nextGaussian());
      }
      assertArrayEquals(expected, array.toType(DataType.FLOAT32, true).toFloatArray(), path);
    }
  }

  @Test
  void emptyWeightsTakeTheShapesAndRecordGradients() {
    for (NamedParameterBlock block :
        new NamedParameterBlock[] {new GptBlock(LARGE, 5), new ResNet18(5), new Mlp(5, 4, 3)}) {
      block.initializeEmpty(manager, DataType.FLOAT32, new Shape(1, 8));
      for (Pair<String, Parameter> pair : block.getParameters()) {
        Parameter parameter = pair.getValue();
        NDArray array = parameter.getArray();
        assertEquals(parameter.getShape(), array.getShape());
        assertEquals(parameter.requiresGradient(), array.hasGradient());
        if (parameter.getType() == Parameter.Type.WEIGHT) {
          assertEquals(0, array.abs().sum().getFloat(), pair.getKey());
        }
      }
    }
  }

  @Test
  void typesAreCheckedBeforeAnythingIsDrawn() {
    GptBlock block = new GptBlock(LARGE, 5);
    Shape input = new Shape(1, 8);
    assertThrows(
        IllegalArgumentException.class, () -> block.initialize(manager, DataType.INT32, input));
    assertThrows(
        IllegalArgumentException.class,
        () -> block.initializeEmpty(manager, DataType.FLOAT16, input));
    block.initialize(manager, DataType.FLOAT32, input);
    assertTrue(block.isInitialized());
  }

  @Test
  void aFailureInAThreadReachesTheCaller() {
    // A single row larger than a buffer.
    NamedParameterBlock block = new Mlp(1, 600_000_000, 1);
    InputException e =
        assertThrows(
            InputException.class,
            () -> block.initialize(manager, DataType.FLOAT32, new Shape(1, 8)));
    assertTrue(
        e.getMessage().startsWith("a row of fc1.weight (1, 600000000) is too large"),
        e::getMessage);
  }

  @Test
  void widthsAreBounded() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new GptConfig(
                    5, 4, 1, 1, 1 << 29, 0, true, true, Gelu.ERF, 1e-5, Initialization.GPT2));
    assertEquals("width must be at most 536870911, but is 536870912", e.getMessage());
    GptConfig widest =
        new GptConfig(
            5, 4, 1, 1, (1 << 29) - 1, 0, true, false, Gelu.ERF, 1e-5, Initialization.GPT2);
    long width = (1L << 29) - 1;
    assertEquals(
        9 * width + 12 * width * width + 3 * width, new GptBlock(widest, 1).parameterCount());
  }
}
