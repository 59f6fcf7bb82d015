package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.SafetensorsHeader.Entry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Named arrays as safetensors. Tensors of any size are written and read in parts of at most a
 * mebibyte, on every engine; MXNet itself allows no more than 2³¹-1 elements in an array. The same
 * arrays and metadata always give the same bytes, in the reference implementation's order: wide
 * elements first, then by name.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public final class Safetensors {

  /**
   * The size above which another file is begun, in bytes: that of transformers up to version 4,
   * which any file system and copy can take.
   */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  /** The size of a part. */
  static final int PART_BYTES = 1 << 20;

  private Safetensors() {}

  /** Makes the files that arrays are written to. */
  @FunctionalInterface
  public interface FileSink {

    /**
     * Creates a file.
     *
     * @param name its name, without a folder
     * @return where its content goes; closed when the file is complete
     * @throws IOException if it cannot be created
     */
    OutputStream create(String name) throws IOException;
  }

  /**
   * An array that exists only while it is written.
   *
   * @param shape its shape
   * @param type its element type
   * @param maker makes it
   */
  public record Lazy(Shape shape, DataType type, Maker maker) {

    /** Makes an array. */
    @FunctionalInterface
    public interface Maker {

      /**
       * Makes the array, each time anew.
       *
       * @return the array, which is closed when it is written
       * @throws IOException if what it is made from cannot be read
       */
      NDArray make() throws IOException;
    }

    private static Lazy of(NDArray array) {
      return new Lazy(array.getShape(), array.getDataType(), () -> array);
    }

    private long bytes() {
      return Math.multiplyExact(shape.size(), (long) type.getNumOfBytes());
    }
  }

  /**
   * Writes arrays into one file.
   *
   * @param tensors the arrays by name; none is copied as a whole
   * @param metadata strings to store beside them; may be empty
   * @param out where to write; it is not closed
   * @throws IOException if writing fails
   * @throws IllegalArgumentException if the format has no dtype for an array, or if the names take
   *     more than 100 MB
   */
  public static void write(
      Map<String, NDArray> tensors, Map<String, String> metadata, OutputStream out)
      throws IOException {
    write(lazily(tensors), false, metadata, out);
  }

  private static Map<String, Lazy> lazily(Map<String, NDArray> tensors) {
    Map<String, Lazy> lazy = new LinkedHashMap<>();
    tensors.forEach((name, array) -> lazy.put(name, Lazy.of(array)));
    return lazy;
  }

  private static void write(
      Map<String, Lazy> tensors, boolean close, Map<String, String> metadata, OutputStream out)
      throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> entries.put(name, entry(name, tensor)));
    SafetensorsHeader header = SafetensorsHeader.layOut(entries, metadata);
    out.write(header.encode());
    byte[] part = new byte[PART_BYTES];
    for (String name : header.tensors().keySet()) {
      Lazy tensor = tensors.get(name);
      NDArray array = tensor.maker().make();
      try {
        if (!array.getShape().equals(tensor.shape()) || array.getDataType() != tensor.type()) {
          throw new IllegalArgumentException(
              "Tensor %s is %s %s and was to be %s %s"
                  .formatted(
                      name, array.getShape(), array.getDataType(), tensor.shape(), tensor.type()));
        }
        write(array, part, out);
      } finally {
        if (close) {
          array.close();
        }
      }
    }
  }

  private static Entry entry(String name, Lazy tensor) {
    SafetensorsDtype dtype =
        SafetensorsDtype.of(tensor.type())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Tensor %s is %s, for which safetensors has no dtype"
                            .formatted(name, tensor.type())));
    return new Entry(dtype, tensor.shape(), 0, tensor.bytes());
  }

  private static void write(NDArray array, byte[] part, OutputStream out) throws IOException {
    int limit = part.length / array.getDataType().getNumOfBytes();
    ArrayParts.visit(
        array.getShape(),
        limit,
        (index, shape) -> {
          try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            int length =
                HostValues.read(
                    index == null ? array : array.get(index),
                    a -> {
                      ByteBuffer values = a.toByteBuffer(true);
                      int bytes = values.remaining();
                      values.get(part, 0, bytes);
                      return bytes;
                    });
            out.write(part, 0, length);
          }
        });
  }

  /**
   * Writes arrays into one file, {@code model.safetensors} if the base name is {@code model}, or if
   * they are larger than that, into several with an index, as Hugging Face's libraries do: {@code
   * model-00001-of-00002.safetensors}, …, {@code model.safetensors.index.json}. Files are filled in
   * the map's order; an array that is larger than a file may be gets one for itself.
   *
   * @param tensors the arrays by name
   * @param metadata strings to store in each file
   * @param baseName how the files' names begin
   * @param maxShardBytes the most bytes of values in a file, above 0; see {@link
   *     #DEFAULT_SHARD_BYTES}
   * @param files makes the files, the index last
   * @throws IOException if writing fails
   * @throws IllegalArgumentException as in {@link #write}
   */
  public static void writeSharded(
      Map<String, NDArray> tensors,
      Map<String, String> metadata,
      String baseName,
      long maxShardBytes,
      FileSink files)
      throws IOException {
    writeSharded(lazily(tensors), false, metadata, baseName, maxShardBytes, files);
  }

  /**
   * Writes arrays as {@link #writeSharded} does, one after the other: none is there but the one
   * that is being written.
   *
   * @param tensors the arrays by name
   * @param metadata strings to store in each file
   * @param baseName how the files' names begin
   * @param maxShardBytes the most bytes of values in a file, above 0
   * @param files makes the files, the index last
   * @throws IOException if writing fails, or reading what arrays are made from
   * @throws IllegalArgumentException as in {@link #write}, or if an array is of another shape or
   *     type than was said
   */
  public static void writeLazily(
      Map<String, Lazy> tensors,
      Map<String, String> metadata,
      String baseName,
      long maxShardBytes,
      FileSink files)
      throws IOException {
    writeSharded(tensors, true, metadata, baseName, maxShardBytes, files);
  }

  private static void writeSharded(
      Map<String, Lazy> tensors,
      boolean close,
      Map<String, String> metadata,
      String baseName,
      long maxShardBytes,
      FileSink files)
      throws IOException {
    List<Map<String, Lazy>> shards = shards(tensors, maxShardBytes);
    if (shards.size() == 1) {
      try (OutputStream out = files.create(baseName + ".safetensors")) {
        write(tensors, close, metadata, out);
      }
      return;
    }
    Map<String, String> fileNames = new LinkedHashMap<>();
    int number = 0;
    for (Map<String, Lazy> shard : shards) {
      number++;
      String name =
          String.format(
              Locale.ROOT, "%s-%05d-of-%05d.safetensors", baseName, number, shards.size());
      try (OutputStream out = files.create(name)) {
        write(shard, close, metadata, out);
      }
      shard.keySet().forEach(tensor -> fileNames.put(tensor, name));
    }
    long total = tensors.values().stream().mapToLong(Lazy::bytes).sum();
    try (OutputStream out = files.create(baseName + SafetensorsIndex.ENDING)) {
      out.write(SafetensorsIndex.encode(fileNames, total));
    }
  }

  private static List<Map<String, Lazy>> shards(Map<String, Lazy> tensors, long maxBytes) {
    List<Map<String, Lazy>> shards = new ArrayList<>(List.of(new LinkedHashMap<>()));
    long filled = 0;
    for (Map.Entry<String, Lazy> named : tensors.entrySet()) {
      long bytes = named.getValue().bytes();
      if (filled > 0 && bytes > maxBytes - filled) {
        shards.add(new LinkedHashMap<>());
        filled = 0;
      }
      shards.get(shards.size() - 1).put(named.getKey(), named.getValue());
      filled += bytes;
    }
    return shards;
  }

  /**
   * Opens a file, or all files that an index lists, and checks their headers: their lengths and
   * sizes, unique keys, dtypes, and byte ranges that follow from the shapes and cover the file
   * exactly. Nothing is allocated for a tensor until it is read.
   *
   * @param fileOrIndex a {@code .safetensors} file, or a {@code .safetensors.index.json} beside the
   *     files that it lists
   * @return the reader
   * @throws IOException if a file cannot be read or is malformed; the message is one line and
   *     begins with the file
   */
  public static SafetensorsReader open(Path fileOrIndex) throws IOException {
    return SafetensorsReader.open(fileOrIndex);
  }
}
