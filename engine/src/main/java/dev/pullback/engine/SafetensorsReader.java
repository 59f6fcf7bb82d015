package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.SafetensorsHeader.Entry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Open safetensors files, to be had from {@link Safetensors#open}. Their headers have been checked;
 * values are read when they are asked for, through a buffer of at most a mebibyte. The files must
 * not change meanwhile. Not thread-safe.
 */
public final class SafetensorsReader implements Closeable {

  /**
   * How many elements are stored at a time. PyTorch copies fewer than 32,768 in the calling thread;
   * on a busy machine, threads that wait for each other took a hundred times as long.
   */
  private static final int STORED_ELEMENTS = 1 << 14;

  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<FileChannel> channels = new ArrayList<>();
  private ByteBuffer buffer;

  /** Where a tensor's values lie. */
  private record Source(Path file, FileChannel channel, long position, Entry entry) {}

  private SafetensorsReader() {}

  static SafetensorsReader open(Path path) throws IOException {
    SafetensorsReader reader = new SafetensorsReader();
    try {
      if (path.toString().endsWith(SafetensorsIndex.ENDING)) {
        reader.addIndex(path);
      } else {
        reader.addFile(path);
      }
      return reader;
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private void addFile(Path file) throws IOException {
    FileChannel channel = channel(file);
    SafetensorsHeader header = SafetensorsHeader.read(channel, file.toString());
    for (Map.Entry<String, Entry> named : header.tensors().entrySet()) {
      Entry entry = named.getValue();
      Source source = new Source(file, channel, header.dataStart() + entry.begin(), entry);
      Source other = sources.put(named.getKey(), source);
      if (other != null) {
        throw wrong(file, "tensor %s is in %s too".formatted(named.getKey(), other.file()), null);
      }
    }
    for (Map.Entry<String, String> entry : header.metadata().entrySet()) {
      String other = metadata.put(entry.getKey(), entry.getValue());
      if (other != null && !other.equals(entry.getValue())) {
        throw wrong(
            file,
            "%s is %s in its metadata, but %s in those of a file beside it"
                .formatted(entry.getKey(), entry.getValue(), other),
            null);
      }
    }
  }

  private FileChannel channel(Path file) throws IOException {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw wrong(file, "not a file", null); // a pipe would keep us waiting
      }
      FileChannel channel = FileChannel.open(file);
      channels.add(channel);
      return channel;
    } catch (NoSuchFileException e) {
      throw wrong(file, "no such file", e);
    } catch (AccessDeniedException e) {
      throw wrong(file, "permission denied", e);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw wrong(file, "cannot be opened: " + reason, e);
    }
  }

  private void addIndex(Path index) throws IOException {
    Map<String, String> files = SafetensorsIndex.read(channel(index), index.toString());
    for (String file : new TreeSet<>(files.values())) {
      try {
        addFile(index.resolveSibling(file));
      } catch (InvalidPathException e) {
        throw wrong(index, "no file can be named " + file, e);
      }
    }
    for (Map.Entry<String, String> entry : files.entrySet()) {
      Source source = sources.get(entry.getKey());
      if (source == null || !source.file().endsWith(entry.getValue())) {
        throw wrong(
            index, "tensor %s is not in %s".formatted(entry.getKey(), entry.getValue()), null);
      }
    }
    for (Map.Entry<String, Source> entry : sources.entrySet()) {
      if (!files.containsKey(entry.getKey())) {
        throw wrong(
            index,
            "tensor %s of %s is not listed"
                .formatted(entry.getKey(), entry.getValue().file().getFileName()),
            null);
      }
    }
  }

  private static IOException wrong(Path file, String reason, Exception cause) {
    return new IOException(file + ": " + StrictJson.oneLine(reason), cause);
  }

  /**
   * Returns what is known of the tensors without their values.
   *
   * @return the tensors by name, in the order of their bytes, file by file
   */
  public Map<String, TensorInfo> tensors() {
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    sources.forEach(
        (name, source) -> {
          Entry entry = source.entry();
          infos.put(name, new TensorInfo(entry.dtype().name(), entry.shape(), entry.bytes()));
        });
    return infos;
  }

  /**
   * Returns the strings stored beside the tensors.
   *
   * @return the strings of all files by name; may be empty
   */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /**
   * Reads a tensor into a new array.
   *
   * @param name the tensor's name
   * @param manager owns the array
   * @return an array of the tensor's shape and type
   * @throws IOException if the file cannot be read, or if the manager's engine has no such arrays;
   *     the message is one line and begins with the file
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  public NDArray read(String name, NDManager manager) throws IOException {
    Source source = source(name);
    NDArray array;
    try {
      array = manager.create(source.entry().shape(), dataType(name, source));
    } catch (RuntimeException e) {
      throw wrong(
          source.file(),
          "tensor %s: the engine makes no such array: %s".formatted(name, e.getMessage()),
          e);
    }
    try {
      load(name, array);
      return array;
    } catch (IOException | RuntimeException e) {
      array.close();
      throw e;
    }
  }

  /**
   * Reads a tensor into an array, part by part, whether or not gradients are being collected.
   *
   * @param name the tensor's name
   * @param target of the tensor's shape and type, or of float32 if the tensor is F16 or BF16, which
   *     float32 holds exactly; an array that requires a gradient keeps it
   * @throws IOException if the file cannot be read; the target may then hold a part of the tensor
   * @throws IllegalArgumentException if there is no tensor of that name, or if the target is of
   *     another shape or type
   */
  public void load(String name, NDArray target) throws IOException {
    Source source = source(name);
    Entry entry = source.entry();
    DataType type = target.getDataType();
    boolean widens = entry.dtype().widens() && type == DataType.FLOAT32;
    if (!target.getShape().equals(entry.shape()) || !(widens || entry.dtype().is(type))) {
      throw new IllegalArgumentException(
          "Tensor %s is %s %s, but is to be loaded into %s %s"
              .formatted(name, entry.shape(), entry.dtype(), target.getShape(), type));
    }
    int width = entry.dtype().bits() / Byte.SIZE;
    long[] position = {source.position()};
    ArrayParts.visit(
        entry.shape(),
        STORED_ELEMENTS,
        (index, shape) -> {
          ByteBuffer values = fill(source, position[0], (int) shape.size() * width);
          position[0] += values.remaining();
          store(target, index, shape, widens ? Floats.widen(entry.dtype(), values) : values);
        });
  }

  private static void store(NDArray target, NDIndex index, Shape shape, ByteBuffer values) {
    EngineSupport engine = EngineSupport.of(target);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray part = HostValues.on(target.getManager()).create(values, shape, target.getDataType());
      if (index == null) {
        engine.load(target, part);
      } else {
        engine.withoutGradients(
            () -> {
              target.set(index, part);
              return target;
            });
      }
    }
  }

  /**
   * Checks that no tensor holds NaN or an infinity, without keeping any values.
   *
   * @throws IOException if a file cannot be read or a tensor is not finite; the message is one
   *     line, begins with the file and names the tensor
   */
  public void requireFinite() throws IOException {
    requireFinite(name -> true);
  }

  /**
   * Checks some tensors of floating point numbers.
   *
   * @param names which
   * @throws IOException if a file cannot be read or a tensor is not finite; the message is one
   *     line, begins with the file and names the tensor
   */
  public void requireFinite(Predicate<String> names) throws IOException {
    for (Map.Entry<String, Source> named : sources.entrySet()) {
      Source source = named.getValue();
      SafetensorsDtype dtype = source.entry().dtype();
      if (!names.test(named.getKey()) || !Floats.canCheck(dtype)) {
        continue;
      }
      long end = source.position() + source.entry().bytes();
      for (long at = source.position(); at < end; at += Safetensors.PART_BYTES) {
        int length = (int) Math.min(Safetensors.PART_BYTES, end - at);
        if (!Floats.areFinite(dtype, fill(source, at, length))) {
          throw wrong(
              source.file(),
              "tensor %s holds values that are not finite".formatted(named.getKey()),
              null);
        }
      }
    }
  }

  /**
   * Compares two tensors, part by part.
   *
   * @param first name of one
   * @param second name of the other
   * @return whether they have the same type, shape and bytes
   * @throws IOException if a file cannot be read; the message is one line and begins with the file
   * @throws IllegalArgumentException if there is no tensor of one of the names
   */
  public boolean areEqual(String first, String second) throws IOException {
    Source one = source(first);
    Source other = source(second);
    boolean equal =
        one.entry().dtype() == other.entry().dtype()
            && one.entry().shape().equals(other.entry().shape());
    long bytes = one.entry().bytes();
    for (long at = 0; equal && at < bytes; at += Safetensors.PART_BYTES) {
      int length = (int) Math.min(Safetensors.PART_BYTES, bytes - at);
      ByteBuffer part = ByteBuffer.allocate(length).put(fill(one, one.position() + at, length));
      equal = part.flip().equals(fill(other, other.position() + at, length));
    }
    return equal;
  }

  /** Reads bytes of a file into the buffer. */
  private ByteBuffer fill(Source source, long position, int length) throws IOException {
    if (buffer == null) {
      long largest = sources.values().stream().mapToLong(s -> s.entry().bytes()).max().orElse(0);
      buffer = ByteBuffer.allocateDirect((int) Math.min(Safetensors.PART_BYTES, largest));
    }
    ByteBuffer part = buffer.slice(0, length).order(ByteOrder.LITTLE_ENDIAN);
    try {
      SafetensorsHeader.readFully(source.channel(), part, position);
    } catch (IOException e) {
      throw wrong(source.file(), e.getMessage(), e);
    }
    return part.flip();
  }

  private Source source(String name) {
    Source source = sources.get(name);
    if (source == null) {
      throw new IllegalArgumentException("There is no tensor " + name);
    }
    return source;
  }

  private static DataType dataType(String name, Source source) throws IOException {
    SafetensorsDtype dtype = source.entry().dtype();
    return dtype
        .dataType()
        .orElseThrow(
            () ->
                wrong(
                    source.file(),
                    "tensor %s is %s, a type that DJL's engines have no arrays of"
                        .formatted(name, dtype),
                    null));
  }

  /** Closes the files. */
  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels) {
      channel.close();
    }
  }
}
