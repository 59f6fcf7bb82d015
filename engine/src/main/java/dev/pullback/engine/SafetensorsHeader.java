package dev.pullback.engine;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.pullback.engine.StrictJson.MalformedException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The header of a safetensors file: eight bytes of length, then JSON. What is read has been checked
 * against the file's size, so that nobody reserves memory which the file does not fill.
 *
 * @param tensors the tensors by name, in the order of their bytes
 * @param metadata the strings under {@code __metadata__}
 * @param dataStart the file position of the first tensor's first byte
 */
record SafetensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata, long dataStart) {

  private static final String METADATA = "__metadata__";

  /** Beyond it, operators of the engines fail. */
  private static final int MAX_DIMENSIONS = 64;

  /**
   * One tensor.
   *
   * @param dtype the type of its elements
   * @param shape its shape
   * @param begin where its bytes begin, counted from {@link #dataStart()}
   * @param end where they end
   */
  record Entry(SafetensorsDtype dtype, Shape shape, long begin, long end) {

    long bytes() {
      return end - begin;
    }
  }

  // Reading

  /** What the text of a Git LFS pointer begins with, "version ", taken for a length. */
  private static final long GIT_LFS = 0x206e_6f69_7372_6576L;

  /** Reads and checks the header of a file; {@code name} begins the message if it is at fault. */
  static SafetensorsHeader read(FileChannel file, String name) throws IOException {
    try {
      return read(file);
    } catch (IOException e) {
      throw StrictJson.explain(name, "safetensors file", e);
    }
  }

  private static SafetensorsHeader read(FileChannel file) throws IOException {
    long size = file.size();
    if (size < Long.BYTES) {
      throw new MalformedException(
          "%d bytes do not even hold the length of its header".formatted(size));
    }
    ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, prefix, 0);
    long length = prefix.getLong(0);
    if (length == GIT_LFS) {
      throw new MalformedException("a pointer of Git LFS; fetch the file itself: git lfs pull");
    }
    if (length < 0 || length > StrictJson.MAX_BYTES) {
      throw new MalformedException(
          "its header would take %s bytes; at most %d are allowed"
              .formatted(Long.toUnsignedString(length), StrictJson.MAX_BYTES));
    }
    if (length > size - Long.BYTES) {
      throw new MalformedException(
          "its header would take %d bytes, but %d follow".formatted(length, size - Long.BYTES));
    }
    byte[] text = new byte[(int) length];
    readFully(file, ByteBuffer.wrap(text), Long.BYTES);
    long dataStart = Long.BYTES + length;
    return parse(text, size - dataStart, dataStart);
  }

  /** Fills a buffer from a position of a file. */
  static void readFully(FileChannel file, ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int read = file.read(buffer, at);
      if (read < 0) {
        throw new EOFException("the file has become shorter while it was read");
      }
      at += read;
    }
  }

  private static SafetensorsHeader parse(byte[] text, long dataBytes, long dataStart)
      throws IOException {
    Map<String, Entry> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    StrictJson.object(
        text,
        (name, json) -> {
          if (!name.equals(METADATA)) {
            tensors.put(name, entry(name, json));
          } else if (json.currentToken() != JsonToken.VALUE_NULL) {
            metadata.putAll(StrictJson.strings(METADATA, json));
          }
        });
    return new SafetensorsHeader(inOrder(tensors, dataBytes), metadata, dataStart);
  }

  private static Entry entry(String name, JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new MalformedException("tensor %s is not described by an object".formatted(name));
    }
    SafetensorsDtype dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "dtype" -> dtype = dtype(json, name);
        case "shape" -> shape = numbers(json, name, field);
        case "data_offsets" -> offsets = numbers(json, name, field);
        default -> json.skipChildren(); // as the reference does
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
      throw new MalformedException(
          "tensor %s needs a dtype, a shape and two data_offsets".formatted(name));
    }
    return new Entry(dtype, new Shape(shape), offsets[0], offsets[1]);
  }

  private static SafetensorsDtype dtype(JsonParser json, String name) throws IOException {
    String text = json.getText();
    return SafetensorsDtype.named(text)
        .orElseThrow(
            () ->
                new MalformedException(
                    "tensor %s has the dtype %s, which the format does not name"
                        .formatted(name, text)));
  }

  private static long[] numbers(JsonParser json, String name, String field) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new MalformedException("tensor %s: %s is not a list".formatted(name, field));
    }
    List<Long> numbers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      long number = json.currentToken() == JsonToken.VALUE_NUMBER_INT ? json.getLongValue() : -1;
      if (number < 0) {
        throw new MalformedException("tensor %s: %s holds what is no size".formatted(name, field));
      }
      numbers.add(number);
      if (numbers.size() > MAX_DIMENSIONS) {
        throw new MalformedException(
            "tensor %s: %s holds more than %d numbers".formatted(name, field, MAX_DIMENSIONS));
      }
    }
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  /** Sorts tensors by their bytes, which must cover all that follows the header exactly once. */
  private static Map<String, Entry> inOrder(Map<String, Entry> tensors, long dataBytes)
      throws IOException {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(tensors.entrySet());
    sorted.sort(
        Map.Entry.comparingByValue(
            Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)));
    Map<String, Entry> ordered = new LinkedHashMap<>();
    long position = 0;
    for (Map.Entry<String, Entry> named : sorted) {
      String name = named.getKey();
      Entry entry = named.getValue();
      if (entry.begin() != position) {
        throw new MalformedException(
            "the bytes of tensor %s begin at %d, but those before it end at %d"
                .formatted(name, entry.begin(), position));
      }
      long bytes = bytes(name, entry);
      if (entry.bytes() != bytes) {
        throw new MalformedException(
            "tensor %s of shape %s and dtype %s takes %d bytes, but its data_offsets are %d and %d"
                .formatted(name, entry.shape(), entry.dtype(), bytes, entry.begin(), entry.end()));
      }
      position = entry.end();
      ordered.put(name, entry);
    }
    if (position != dataBytes) {
      throw new MalformedException(
          "its tensors take %d bytes, but %d follow the header".formatted(position, dataBytes));
    }
    return ordered;
  }

  private static long bytes(String name, Entry entry) throws IOException {
    long bits = entry.dtype().bits();
    try {
      long elements = 1; // multiplied first, as the reference does: a zero may come too late
      for (long dimension : entry.shape().getShape()) {
        elements = Math.multiplyExact(elements, dimension);
      }
      bits = Math.multiplyExact(elements, bits);
    } catch (ArithmeticException e) {
      throw new MalformedException(
          "tensor %s has more elements than can be counted".formatted(name));
    }
    if (bits % Byte.SIZE != 0) {
      throw new MalformedException("tensor %s ends within a byte".formatted(name));
    }
    return bits / Byte.SIZE;
  }

  // Writing

  /**
   * Lays tensors out as the reference does: wide elements first, so that all are aligned, then by
   * name.
   */
  static SafetensorsHeader layOut(Map<String, Entry> unplaced, Map<String, String> metadata) {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(unplaced.entrySet());
    sorted.sort(
        Map.Entry.<String, Entry>comparingByValue(Comparator.comparing(Entry::dtype).reversed())
            .thenComparing(Map.Entry.comparingByKey()));
    Map<String, Entry> placed = new LinkedHashMap<>();
    long position = 0;
    for (Map.Entry<String, Entry> named : sorted) {
      Entry entry = named.getValue();
      long end = Math.addExact(position, entry.bytes());
      placed.put(named.getKey(), new Entry(entry.dtype(), entry.shape(), position, end));
      position = end;
    }
    return new SafetensorsHeader(placed, new TreeMap<>(metadata), 0);
  }

  /** Returns the length and the JSON, padded with spaces so that the data are aligned. */
  byte[] encode() throws IOException {
    if (tensors.containsKey(METADATA)) {
      throw new IllegalArgumentException("No tensor may be named " + METADATA);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[Long.BYTES]);
    try (JsonGenerator json = StrictJson.FACTORY.createGenerator(out)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      for (Map.Entry<String, Entry> named : tensors.entrySet()) {
        Entry entry = named.getValue();
        json.writeObjectFieldStart(named.getKey());
        json.writeStringField("dtype", entry.dtype().name());
        json.writeFieldName("shape");
        long[] shape = entry.shape().getShape();
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {entry.begin(), entry.end()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    while (out.size() % Long.BYTES != 0) {
      out.write(' ');
    }
    byte[] header = out.toByteArray();
    int length = header.length - Long.BYTES;
    if (length > StrictJson.MAX_BYTES) {
      throw new IllegalArgumentException(
          "The names and metadata would take %d bytes; at most %d are allowed"
              .formatted(length, StrictJson.MAX_BYTES));
    }
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    return header;
  }
}
