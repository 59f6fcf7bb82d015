package dev.pullback.engine;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.ref.Reference;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * Arrays from Java's values, whole on every engine, and Java's values from arrays, with nothing
 * left behind.
 *
 * <p>DJL's MXNet engine (0.36.0, {@code JnaUtils.syncCopyFromCPU}) takes the address of a buffer
 * and forgets the buffer before MXNet has read it. While MXNet is busy the call waits, and a
 * garbage collection in another thread then frees the memory: the array begins with garbage. Here
 * the buffer is held until MXNet has returned.
 */
public final class HostValues {

  private HostValues() {}

  /**
   * Returns a manager whose {@code create} methods are safe to use with Java's values. What they
   * create belongs to the given manager.
   *
   * @param manager any manager of a supported engine
   * @return the same manager, or one that passes everything on to it
   */
  public static NDManager on(NDManager manager) {
    return EngineSupport.of(manager.getEngine()).readsHostMemoryLate()
        ? (NDManager)
            Proxy.newProxyInstance(
                NDManager.class.getClassLoader(),
                new Class<?>[] {NDManager.class},
                new HoldingBuffers(manager))
        : manager;
  }

  /**
   * Reads an array. From a GPU DJL (0.36.0, {@code JniUtils.getByteBuffer}) reads a copy of its own
   * on the CPU, for which it makes a manager below the array's: both stay until that one is closed,
   * which for a model's is the end of training. Here they are closed.
   *
   * @param array any array
   * @param reading what takes the values, such as {@code NDArray::getFloat}; it may not keep the
   *     array that it is given, nor the memory
   * @return what {@code reading} returns
   */
  public static <T> T read(NDArray array, Function<NDArray, T> reading) {
    if (!array.getDevice().isGpu()) {
      return reading.apply(array);
    }
    NDArray copy = array.toDevice(Device.cpu(), true);
    NDManager made = copy.getManager();
    try {
      return reading.apply(copy);
    } finally {
      if (made == array.getManager()) {
        copy.close();
      } else {
        made.close();
      }
    }
  }

  private record HoldingBuffers(NDManager manager) implements InvocationHandler {

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
      if (method.getName().equals("create") && method.isDefault()) {
        return args[0] instanceof Buffer values && args.length == 3
            ? create(values, (Shape) args[1], (DataType) args[2])
            : InvocationHandler.invokeDefault(proxy, method, args); // ends in the line above
      }
      try {
        return method.invoke(manager, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    private NDArray create(Buffer values, Shape shape, DataType type) {
      int size = Math.toIntExact(shape.size());
      BaseNDManager.validateBuffer(values, type, size);
      ByteBuffer held = manager.allocateDirect(Math.multiplyExact(size, type.getNumOfBytes()));
      BaseNDManager.copyBuffer(values, held);
      try {
        return manager.create(held, shape, type);
      } finally {
        Reference.reachabilityFence(held);
      }
    }
  }
}
