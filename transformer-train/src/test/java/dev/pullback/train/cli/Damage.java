package dev.pullback.train.cli;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * What is done to a file before it is read.
 *
 * @param what in a few words
 * @param edit does it
 * @param harmless whether the file means afterwards what it meant before
 * @param named what the refusal must name; the file if empty
 */
record Damage(String what, Edit edit, boolean harmless, String named) {

  /** More than the program may take. */
  static final long HUGE = 300L << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Changes a file that exists. */
  interface Edit {
    void apply(Path file) throws IOException;
  }

  static Damage of(String what, Edit edit) {
    return new Damage(what, edit, false, "");
  }

  static Damage bytes(String what, UnaryOperator<byte[]> change) {
    return of(what, file -> Files.write(file, change.apply(Files.readAllBytes(file))));
  }

  static Damage text(String what, UnaryOperator<String> change) {
    return of(what, file -> Files.writeString(file, change.apply(Files.readString(file))));
  }

  static Damage content(String what, String content) {
    return text(what, text -> content);
  }

  /** Says that the file still means what it meant. */
  Damage isHarmless() {
    return new Damage(what, edit, true, named);
  }

  /** Says what is at fault where it is not the file itself. */
  Damage naming(String other) {
    return new Damage(what, edit, harmless, other);
  }

  /** What no file of a format survives, whatever the format. */
  static List<Damage> ofAnyFile(Random random) {
    byte[] noise = new byte[300];
    random.nextBytes(noise);
    noise[0] = (byte) 0xff; // begins neither JSON nor YAML nor UTF-8
    return List.of(
        bytes("emptied", bytes -> new byte[0]),
        bytes("replaced by noise", bytes -> noise),
        of("grown to 300 MB", file -> setLength(file, HUGE)),
        of(
            "replaced by a folder",
            file -> {
              Files.delete(file);
              Files.createDirectory(file);
            }));
  }

  /** The new bytes take no space on the disk. */
  static void setLength(Path file, long length) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(length);
    }
  }

  /** What no JSON object survives. */
  static List<Damage> ofAnyJsonObject(Random random) {
    List<Damage> damages = new ArrayList<>(ofAnyFile(random));
    for (int i = 0; i < 3; i++) {
      double part = random.nextDouble();
      damages.add(
          bytes(
              "cut after %.3f of it".formatted(part),
              b ->
                  Arrays.copyOf(
                      b,
                      1
                          + (int)
                              (part
                                  * (new String(b, StandardCharsets.UTF_8).strip().length()
                                      - 2)))));
    }
    double place = random.nextDouble();
    damages.addAll(
        List.of(
            bytes("a byte that is not UTF-8", bytes -> inserted(bytes, place, 0xff)),
            bytes("a zero byte", bytes -> inserted(bytes, place, 0)),
            text("a second object behind it", text -> text + "{}"),
            text("its first key twice", Damage::firstKeyTwice),
            content("null", "null"),
            content("a list", "[]"),
            content("a number", "3"),
            content("a string", "\"x\""),
            content("an empty object", "{}"),
            content("100,000 lists in each other", "[".repeat(100_000)),
            content("100,000 objects in each other", "{\"a\":".repeat(100_000)),
            text("white space", text -> "\n\t " + text + "\r\n  \n").isHarmless()));
    return damages;
  }

  static byte[] inserted(byte[] bytes, double place, int value) {
    int at = (int) (place * bytes.length);
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
    longer[at] = (byte) value;
    return longer;
  }

  private static String firstKeyTwice(String text) {
    int from = text.indexOf('"');
    String key = text.substring(from, text.indexOf('"', from + 1) + 1);
    return text.substring(0, from) + key + ":0," + text.substring(from);
  }

  /** Damages a value of a JSON file; each new value is JSON, or null to remove the key. */
  static List<Damage> values(String pointer, String... values) {
    return Arrays.stream(values)
        .map(
            value ->
                text(
                    pointer + (value == null ? " removed" : " = " + shortened(value)),
                    text -> with(text, pointer, value)))
        .toList();
  }

  static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }

  static String with(String json, String pointer, String value) {
    try {
      JsonNode tree = JSON.readTree(json);
      JsonPointer place = JsonPointer.compile(pointer);
      JsonNode parent = tree.at(place.head());
      if (parent instanceof ObjectNode object) {
        String key = place.last().getMatchingProperty();
        if (value == null) {
          object.remove(key);
        } else {
          object.putRawValue(key, new RawValue(value));
        }
      } else {
        ArrayNode array = (ArrayNode) parent;
        int index = place.last().getMatchingIndex();
        array.remove(index);
        if (value != null) {
          array.insertRawValue(index, new RawValue(value));
        }
      }
      return JSON.writeValueAsString(tree);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return what;
  }
}
