package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays from Java's values, on a busy engine and while garbage is collected. */
class HostValuesTest {

  private static final int SIZE = 32;

  /** With DJL's own {@code create}, compiled, every round of this fails on MXNet. */
  @Test
  void arraysAreWholeWhenGarbageIsCollectedMeanwhile() throws InterruptedException {
    float[] values = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      values[i] = i + 1;
    }
    try (NDManager manager = NDManager.newBaseManager()) {
      NDManager host = HostValues.on(manager);
      for (int i = 0; i < 3_000; i++) { // until the JVM has compiled it
        host.create(values, new Shape(SIZE)).close();
      }
      NDArray matrix = manager.ones(new Shape(700, 700));
      for (int round = 0; round < 5; round++) {
        Thread collection = new Thread(System::gc);
        try (NDArray product = matrix.matMul(matrix)) {
          collection.start();
          try (NDArray array = host.create(values, new Shape(SIZE))) {
            assertArrayEquals(values, array.toFloatArray(), "round " + round);
          }
          assertEquals(700, product.getFloat(0, 0));
        }
        collection.join();
      }
    }
  }

  @Test
  void everyKindOfValueArrives() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDManager host = HostValues.on(manager);
      NDArray longs = host.create(new long[] {1, -2, 1L << 40});
      assertArrayEquals(new long[] {1, -2, 1L << 40}, longs.toLongArray());
      assertEquals(manager, longs.getManager());
      assertArrayEquals(new double[] {0.5, 3}, host.create(new double[] {0.5, 3}).toDoubleArray());
      assertArrayEquals(new float[] {1, 2}, host.create(new float[][] {{1}, {2}}).toFloatArray());
      assertEquals(1.5, host.create(1.5).getDouble());
      assertEquals(new Shape(2, 0), host.create(new Shape(2, 0)).getShape());
    }
  }

  /**
   * An array that says it is on a GPU, and makes a copy on the CPU as DJL does, or in its manager.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readingFromGpusLeavesNothingBehind(boolean inManagerOfItsOwn) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray values = manager.create(new float[] {1, 2});
      List<NDManager> made = new ArrayList<>();
      NDArray onGpu =
          (NDArray)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {NDArray.class},
                  (proxy, method, arguments) ->
                      switch (method.getName()) {
                        case "getDevice" -> Device.gpu();
                        case "getManager" -> manager;
                        case "toDevice" -> {
                          made.add(inManagerOfItsOwn ? manager.newSubManager() : manager);
                          NDArray copy = values.duplicate();
                          copy.attach(made.get(0));
                          yield copy;
                        }
                        default -> throw new UnsupportedOperationException(method.getName());
                      });
      assertArrayEquals(new float[] {1, 2}, HostValues.read(onGpu, NDArray::toFloatArray));
      assertEquals(List.of(values), manager.getManagedArrays());
      assertEquals(!inManagerOfItsOwn, made.get(0).isOpen());
    }
  }

  @Test
  void valuesOfAnotherSizeAreRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDManager host = HostValues.on(manager);
      FloatBuffer two = FloatBuffer.allocate(2);
      assertThrows(
          IllegalArgumentException.class, () -> host.create(two, new Shape(3), DataType.FLOAT32));
    }
  }
}
