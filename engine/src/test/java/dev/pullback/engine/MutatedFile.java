package dev.pullback.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A small safetensors file that is damaged step by step, first in what its header says, then in its
 * bytes.
 */
final class MutatedFile {

  private static final String[] DTYPES = {"F64", "I64", "C64", "F32", "BF16", "F16", "F8_E4M3"};
  private static final int[] WIDTHS = {8, 8, 8, 4, 2, 2, 1};

  private static final String[] NUMBERS = {
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.0",
    "1e3",
    "\"1\"",
    "null",
    "true",
    "[1]",
    "{}",
    "2147483648",
    "4294967296",
    "4611686018427387904",
    "9223372036854775807",
    "18446744073709551616",
    "1e999"
  };

  private static final String[] VALUES = {
    "0",
    "null",
    "true",
    "\"x\"",
    "\"F32\"",
    "\"F4\"",
    "\"f32\"",
    "[]",
    "{}",
    "[0]",
    "[0,0,0]",
    "{\"a\":\"b\"}",
    "{\"a\":1}",
    "\"\\ud800\"",
    "\"\\u0000\\n\"",
    "[[[[[[]]]]]]"
  };

  private static final String[] SNIPPETS = {
    "\"", "{", "}", "[", "]", ",", ":", "0", "-", " ", "\n", "\0", "\u001b", "\\", "\\u0000", "ü",
    "\ufeff", "{}", "/**/", "NaN", "\"x\":"
  };

  private final Random random;
  private final List<String[]> tensors = new ArrayList<>(); // name, dtype, shape, begin, end
  private String metadata;
  private int dataBytes;

  MutatedFile(Random random) {
    this.random = random;
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      int type = random.nextInt(DTYPES.length);
      int[] shape = random.ints(random.nextInt(4), 0, 5).toArray();
      int bytes = WIDTHS[type] * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      tensors.add(
          new String[] {
            "\"t" + i + "\"",
            "\"" + DTYPES[type] + "\"",
            Arrays.toString(shape),
            "" + dataBytes,
            "" + (dataBytes + bytes)
          });
      dataBytes += bytes;
    }
    metadata = random.nextBoolean() ? null : "{\"format\":\"pt\"}";
  }

  /** Changes what the header says, or how many bytes follow it. */
  MutatedFile mutate() {
    if (tensors.isEmpty() || random.nextInt(6) == 0) {
      switch (random.nextInt(3)) {
        case 0 -> metadata = pick(VALUES);
        case 1 -> dataBytes = Math.max(0, dataBytes + random.nextInt(9) - 4);
        default -> tensors.add(new String[] {pick(VALUES), pick(VALUES), "[]", "0", "4"});
      }
      return this;
    }
    String[] tensor = tensors.get(random.nextInt(tensors.size()));
    String[] other = tensors.get(random.nextInt(tensors.size()));
    switch (random.nextInt(7)) {
      case 0 -> tensor[1] = random.nextBoolean() ? other[1] : pick(VALUES);
      case 1 ->
          tensor[2] =
              random
                  .ints(random.nextInt(4), 0, NUMBERS.length)
                  .mapToObj(i -> NUMBERS[i])
                  .collect(Collectors.joining(",", "[", "]"));
      case 2 -> tensor[2] = pick(VALUES);
      case 3 -> tensor[3 + random.nextInt(2)] = pick(NUMBERS);
      case 4 -> tensor[3] = other[4];
      case 5 -> tensors.add(tensor.clone()); // the same name twice
      default -> {
        tensor[3] = other[3];
        tensor[4] = other[4];
      }
    }
    return this;
  }

  private String pick(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  private String header() {
    List<String> fields = new ArrayList<>();
    if (metadata != null) {
      fields.add("\"__metadata__\":" + metadata);
    }
    for (String[] t : tensors) {
      fields.add("%s:{\"dtype\":%s,\"shape\":%s,\"data_offsets\":[%s,%s]}".formatted((Object[]) t));
    }
    return "{" + String.join(",", fields) + "}";
  }

  /** Returns the file, with so many further changes of its text and bytes. */
  byte[] bytes(int changes) {
    StringBuilder text = new StringBuilder(header());
    int textChanges = changes == 0 ? 0 : random.nextInt(changes + 1);
    for (int i = 0; i < textChanges; i++) {
      int at = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), at + random.nextInt(3));
      text.replace(at, to, random.nextInt(4) == 0 ? "" : pick(SNIPPETS));
    }
    byte[] file = SafetensorsFiles.bytes(text.toString(), new byte[dataBytes]);
    for (int i = textChanges; i < changes; i++) {
      file = damage(file);
    }
    return file;
  }

  private byte[] damage(byte[] file) {
    if (file.length < Long.BYTES) {
      return file;
    }
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(file, random.nextInt(file.length));
      }
      case 1 -> {
        return Arrays.copyOf(file, file.length + 1 + random.nextInt(16));
      }
      case 2 -> bytes.putLong(0, random.nextLong() >> random.nextInt(64));
      case 3 -> bytes.putLong(0, bytes.getLong(0) + random.nextInt(17) - 8);
      default -> file[random.nextInt(file.length)] = (byte) random.nextInt(256);
    }
    return file;
  }

  /** Damages a text as {@link #bytes} does. */
  static byte[] damaged(Random random, String text) {
    MutatedFile mutator = new MutatedFile(random);
    StringBuilder changed = new StringBuilder(text);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(changed.length() + 1);
      int to = Math.min(changed.length(), at + random.nextInt(3));
      changed.replace(at, to, random.nextInt(4) == 0 ? "" : mutator.pick(SNIPPETS));
    }
    byte[] file = changed.toString().getBytes(StandardCharsets.UTF_8);
    return random.nextInt(4) == 0 ? mutator.damage(file) : file;
  }
}
