package dev.pullback.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.util.Pair;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Golden;
import dev.pullback.optim.Kernels;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResNet18Test {

  private NDManager manager;

  static Stream<Kernels> kernels() {
    return Golden.kernels().stream();
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void hasTheWeightsOfThePaper() {
    ResNet18 block = new ResNet18(0);
    assertEquals(11_173_962, block.parameterCount());
    assertEquals(62 + 2 * 20, block.getParameters().size());
    assertArrayEquals(
        new Shape[] {new Shape(7, 10)},
        block.getOutputShapes(new Shape[] {new Shape(7, 3, 32, 32)}));
  }

  @ParameterizedTest
  @CsvSource({"stem.conv, 27", "stage1.block0.down, 64", "stage2.block1.conv2, 2304"})
  void initialWeightsAreLeCunNormal(String path, int fanIn) {
    NDArray weight = initialised(Kernels.AUTO).getParameters().get(path).getArray();
    double deviation = Math.sqrt(1.0 / fanIn);
    double measured = Math.sqrt(weight.mul(weight).mean().getFloat());
    assertEquals(deviation, measured, 0.05 * deviation);
    assertTrue(weight.abs().max().getFloat() <= 2.2741 * deviation, "truncated");
  }

  /**
   * Kernels depend on the size, and some of libtorch's are wrong for some. A value near 0 that
   * rounding puts on the other side of a ReLU moves all gradients before it.
   */
  @ParameterizedTest
  @ValueSource(ints = {16, 64})
  void nativePassesEqualPortableOnes(int batch) {
    assumeTrue(Golden.kernels().contains(Kernels.NATIVE), "needs an engine with native kernels");
    ResNet18 portable = initialised(Kernels.PORTABLE);
    ResNet18 fast = initialised(Kernels.NATIVE);
    float[] expected = step(portable, batch);
    float[] actual = step(fast, batch);
    assertArrayEquals(expected, actual, 1e-4f);
    for (Pair<String, Parameter> pair : portable.getParameters()) {
      String name = pair.getKey();
      NDArray one = pair.getValue().getArray();
      NDArray other = fast.getParameters().get(name).getArray();
      boolean trained = pair.getValue().requiresGradient();
      double difference =
          trained ? difference(one.getGradient(), other.getGradient()) : difference(one, other);
      assertTrue(difference <= (trained ? 3e-2 : 1e-4), name + " differs by " + difference);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void runningStatisticsMoveWhileTrainingOnly(Kernels kernels) {
    ResNet18 block = initialised(kernels);
    NDArray mean = block.getParameters().get("stem.bn.runningMean").getArray();
    NDArray variance = block.getParameters().get("stem.bn.runningVar").getArray();
    NDList images = images(4);
    NDArray stem = block.getParameters().get("stem.conv").getArray();
    NDArray y =
        Conv2d.conv2d(images.singletonOrThrow(), stem, null, new Shape(1, 1), new Shape(1, 1))
            .singletonOrThrow()
            .transpose(1, 0, 2, 3)
            .reshape(64, -1);
    NDArray batchMean = y.mean(new int[] {1});
    NDArray centred = y.sub(batchMean.reshape(64, 1));
    long count = 4 * 32 * 32;
    NDArray batchVariance = centred.mul(centred).sum(new int[] {1}).div(count - 1);

    forward(block, images, false);
    assertArrayEquals(new float[64], mean.toFloatArray());
    forward(block, images, true);
    assertArrayEquals(batchMean.mul(0.1).toFloatArray(), mean.toFloatArray(), 1e-5f);
    // MXNet takes the variance of the batch, PyTorch estimates that of the population from it.
    assertArrayEquals(
        batchVariance.mul(0.1).add(0.9).toFloatArray(), variance.toFloatArray(), 1e-4f);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void evaluatesWithRunningStatistics(Kernels kernels) {
    ResNet18 block = initialised(kernels);
    NDArray all = images(4).singletonOrThrow();
    forward(block, new NDList(all), true);
    float[] together = forward(block, new NDList(all), false);
    float[] alone = forward(block, new NDList(all.get("2:3")), false);
    float[] third = Arrays.copyOfRange(together, 20, 30);
    assertArrayEquals(third, alone, 1e-4f, "an image's logits depend on no other image");
    NDArray mean = block.getParameters().get("stage3.block1.bn2.runningMean").getArray();
    mean.set(mean.add(1).toFloatArray());
    float[] shifted = forward(block, new NDList(all), false);
    assertTrue(Math.abs(shifted[0] - together[0]) > 1e-3, "running means matter");
  }

  @Test
  void refusesOtherImages() {
    ResNet18 block = initialised(Kernels.AUTO);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> forward(block, new NDList(manager.zeros(new Shape(2, 1, 28, 28))), false));
    assertTrue(e.getMessage().contains("(2, 1, 28, 28)"), e.getMessage());
  }

  private ResNet18 initialised(Kernels kernels) {
    ResNet18 block = new ResNet18(1, kernels, Precision.FLOAT32);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 32, 32));
    return block;
  }

  private NDList images(int batch) {
    Random random = new Random(2);
    float[] pixels = new float[batch * 3 * 32 * 32];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat();
    }
    return new NDList(HostValues.on(manager).create(pixels, new Shape(batch, 3, 32, 32)));
  }

  private float[] forward(ResNet18 block, NDList images, boolean training) {
    ParameterStore store = new ParameterStore(manager, false);
    if (!training) {
      return block.forward(store, images, false).singletonOrThrow().toFloatArray();
    }
    // MXNet trains only where gradients are collected.
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray logits = block.forward(store, images, true).singletonOrThrow();
      collector.backward(logits.sum());
      return logits.toFloatArray();
    }
  }

  /** Computes gradients, and returns the logits. */
  private float[] step(ResNet18 block, int batch) {
    long[] labels = new Random(3).longs(batch, 0, ResNet18.CLASSES).toArray();
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDList logits = block.forward(new ParameterStore(manager, false), images(batch), true);
      collector.backward(
          Loss.softmaxCrossEntropyLoss()
              .evaluate(new NDList(HostValues.on(manager).create(labels)), logits));
      return logits.singletonOrThrow().toFloatArray();
    }
  }

  private static double difference(NDArray expected, NDArray actual) {
    return actual.sub(expected).norm().getFloat() / expected.norm().getFloat();
  }
}
