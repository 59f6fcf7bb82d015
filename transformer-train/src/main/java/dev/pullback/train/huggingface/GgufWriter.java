package dev.pullback.train.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * GGUF, version 3, little-endian: what is known of a model, then its tensors, of float32.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</a>
 */
final class GgufWriter {

  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;

  // Types of values.
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** The type of tensors. */
  private static final int F32 = 0;

  /** Numbers that are in Java's memory at once. */
  private static final int PIECE = 1 << 20;

  private final Bytes values = new Bytes();
  private long count;
  private final List<Tensor> tensors = new ArrayList<>();

  /** Makes the values of a tensor, which are closed once they are written. */
  @FunctionalInterface
  interface Source {
    NDArray open() throws IOException;
  }

  private record Tensor(String name, Shape shape, Source source) {

    long bytes() {
      return Math.multiplyExact(shape.size(), Float.BYTES);
    }
  }

  /** Bytes in the order of the format. */
  private static final class Bytes extends ByteArrayOutputStream {

    void number(int value) {
      byte[] bytes = new byte[Integer.BYTES];
      littleEndian(bytes).putInt(value);
      writeBytes(bytes);
    }

    void number(long value) {
      byte[] bytes = new byte[Long.BYTES];
      littleEndian(bytes).putLong(value);
      writeBytes(bytes);
    }

    void text(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      number((long) utf8.length);
      writeBytes(utf8);
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void key(String key, int type) {
    values.text(key);
    values.number(type);
    count++;
  }

  void put(String key, String value) {
    key(key, STRING);
    values.text(value);
  }

  void put(String key, int value) {
    key(key, UINT32);
    values.number(value);
  }

  void put(String key, float value) {
    key(key, FLOAT32);
    values.number(Float.floatToIntBits(value));
  }

  void put(String key, boolean value) {
    key(key, BOOL);
    values.write(value ? 1 : 0);
  }

  void putTexts(String key, List<String> texts) {
    key(key, ARRAY);
    values.number(STRING);
    values.number((long) texts.size());
    texts.forEach(values::text);
  }

  void putNumbers(String key, List<Integer> numbers) {
    key(key, ARRAY);
    values.number(INT32);
    values.number((long) numbers.size());
    numbers.forEach(values::number);
  }

  /**
   * Adds a tensor.
   *
   * @param name its name
   * @param shape its shape, the rows first
   * @param source makes an array of it, of float32
   */
  void tensor(String name, Shape shape, Source source) {
    tensors.add(new Tensor(name, shape, source));
  }

  /** Writes the file. */
  void writeTo(OutputStream out) throws IOException {
    Bytes head = new Bytes();
    head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    head.number(VERSION);
    head.number((long) tensors.size());
    head.number(count);
    values.writeTo(head);
    long offset = 0;
    for (Tensor tensor : tensors) {
      head.text(tensor.name());
      int dimensions = tensor.shape().dimension();
      head.number(dimensions);
      for (int i = dimensions - 1; i >= 0; i--) { // the format has the columns first
        head.number(tensor.shape().get(i));
      }
      head.number(F32);
      head.number(offset);
      offset = Math.addExact(offset, padded(tensor.bytes()));
    }
    head.writeTo(out);
    pad(out, head.size());
    for (Tensor tensor : tensors) {
      try (NDArray array = tensor.source().open()) {
        write(array, out);
      }
      pad(out, tensor.bytes());
    }
  }

  private static void write(NDArray array, OutputStream out) throws IOException {
    long size = array.size();
    try (NDArray flat = array.reshape(size)) {
      for (long from = 0; from < size; from += PIECE) {
        try (NDArray part =
            flat.get(new NDIndex().addSliceDim(from, Math.min(size, from + PIECE)))) {
          float[] numbers = part.toFloatArray();
          byte[] bytes = new byte[Math.multiplyExact(numbers.length, Float.BYTES)];
          littleEndian(bytes).asFloatBuffer().put(numbers);
          out.write(bytes);
        }
      }
    }
  }

  private static long padded(long bytes) {
    return Math.addExact(bytes, Math.floorMod(-bytes, (long) ALIGNMENT));
  }

  private static void pad(OutputStream out, long written) throws IOException {
    out.write(new byte[(int) (padded(written) - written)]);
  }
}
