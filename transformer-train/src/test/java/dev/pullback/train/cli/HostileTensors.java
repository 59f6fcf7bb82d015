package dev.pullback.train.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.StreamSupport;

/** Damaged safetensors files and indexes of shards. */
final class HostileTensors {

  private static final ObjectMapper JSON = new ObjectMapper();

  private HostileTensors() {}

  /** The two parts of a file. */
  private static final class Parts {

    private final String header;
    private final byte[] data;

    Parts(String header, byte[] data) {
      this.header = header;
      this.data = data;
    }

    String header() {
      return header;
    }

    byte[] data() {
      return data;
    }

    static Parts of(byte[] file) {
      int length = Math.toIntExact(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong());
      return new Parts(
          new String(file, Long.BYTES, length, StandardCharsets.UTF_8),
          Arrays.copyOfRange(file, Long.BYTES + length, file.length));
    }

    byte[] bytes() {
      byte[] text = header.getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.allocate(Long.BYTES + text.length + data.length)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putLong(text.length)
          .put(text)
          .put(data)
          .array();
    }
  }

  private static Damage header(String what, UnaryOperator<String> change) {
    return Damage.bytes(
        what,
        bytes -> {
          Parts parts = Parts.of(bytes);
          return new Parts(change.apply(parts.header()), parts.data()).bytes();
        });
  }

  private static Damage data(String what, UnaryOperator<byte[]> change) {
    return Damage.bytes(
        what,
        bytes -> {
          Parts parts = Parts.of(bytes);
          return new Parts(parts.header(), change.apply(parts.data())).bytes();
        });
  }

  private static Damage length(String what, long length) {
    return Damage.bytes(
        what,
        bytes -> {
          ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
          return bytes;
        });
  }

  /** A field of some tensor of float32 that is not a number only. */
  private static Damage field(Random random, String field, String value) {
    int choice = random.nextInt(1000);
    return header(
        "tensor %d: %s = %s".formatted(choice, field, value == null ? "nothing" : value),
        text -> {
          List<String> names = floats(text);
          String name = names.get(choice % names.size());
          return Damage.with(text, "/" + name.replace("/", "~1") + "/" + field, value);
        });
  }

  private static ObjectNode tree(String text) {
    try {
      return (ObjectNode) JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> floats(String header) {
    return tree(header).properties().stream()
        .filter(e -> e.getValue().path("dtype").asText().equals("F32"))
        .filter(e -> e.getValue().path("data_offsets").path(0).asInt() > 0)
        .map(e -> e.getKey())
        .toList();
  }

  private static Damage notFinite(Random random, int value) {
    int choice = random.nextInt(1 << 20);
    return Damage.bytes(
        "value %d = %s".formatted(choice, Float.intBitsToFloat(value)),
        bytes -> {
          Parts parts = Parts.of(bytes);
          List<String> names = floats(parts.header());
          JsonNode offsets =
              tree(parts.header()).path(names.get(choice % names.size())).path("data_offsets");
          int begin = offsets.path(0).asInt();
          int values = (offsets.path(1).asInt() - begin) / Float.BYTES;
          ByteBuffer.wrap(parts.data())
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(begin + choice % values * Float.BYTES, value);
          return parts.bytes();
        });
  }

  /** What neither weights nor the state of an optimiser survive. */
  static List<Damage> files(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    for (String dtype :
        Arrays.asList("5", "null", "\"F99\"", "\"f32\"", "\"BF16\"", "\"I32\"", null)) {
      damages.add(field(random, "dtype", dtype));
    }
    for (String shape :
        Arrays.asList(
            "null",
            "{}",
            "[-1]",
            "[1.5]",
            "[\"16\"]",
            "[[16]]",
            "[9223372036854775807]",
            "[0]",
            "[4294967296,4294967296]",
            "[18446744073709551617]",
            "[" + "1,".repeat(64) + "1]",
            null)) {
      damages.add(field(random, "shape", shape));
    }
    for (String offsets :
        Arrays.asList(
            "[0]",
            "[0,1,2]",
            "[8,4]",
            "[-4,0]",
            "[0,9223372036854775807]",
            "[0,1e3]",
            "\"0\"",
            "[1,5]",
            "null",
            null)) {
      damages.add(field(random, "data_offsets", offsets));
    }
    for (int i = 0; i < 4; i++) {
      double part = random.nextDouble();
      damages.add(
          Damage.bytes(
              "cut after %.3f of it".formatted(part),
              b -> Arrays.copyOf(b, (int) (part * b.length))));
    }
    double place = random.nextDouble();
    damages.addAll(
        List.of(
            length("a header of 0 bytes", 0),
            length("a header of -1 bytes", -1),
            length("a header of 2^40 bytes", 1L << 40),
            length("a header of 99,000,000 bytes", 99_000_000),
            length("a header of 3 bytes", 3),
            header("a header that is a list", text -> "[]"),
            header("an empty header", text -> "{}"),
            header("something behind the header", text -> text.strip() + "{}"),
            header("a comment in the header", text -> text.strip() + "/**/"),
            header("100,000 lists in the header", text -> "{\"a\":" + "[".repeat(100_000)),
            header("metadata that are a list", text -> "{\"__metadata__\":[]," + text.substring(1)),
            header("a tensor twice", HostileTensors::firstTensorTwice),
            header("a tensor gone", text -> removed(text, floats(text).get(0))),
            header("another name for a tensor", HostileTensors::renamed),
            header(
                "a name with line feeds",
                text ->
                    text.replaceFirst("\"[^\"]+\":\\{\"dty", "\"a\\\\nb\\\\u001b[31m\":{\"dty")),
            header(
                "a name of a megabyte",
                text ->
                    text.replaceFirst(
                        "\"[^\"]+\":\\{\"dty", "\"" + "n".repeat(1 << 20) + "\":{\"dty")),
            Damage.bytes("a zero byte in the header", b -> spoilt(b, place, 0)),
            Damage.bytes("a byte in the header that is not UTF-8", b -> spoilt(b, place, 0xff)),
            data("a byte too many", b -> Arrays.copyOf(b, b.length + 1)),
            data("a byte too few", b -> Arrays.copyOf(b, b.length - 1)),
            data("twice the data", b -> Arrays.copyOf(b, 2 * b.length)),
            notFinite(random, Float.floatToIntBits(Float.NaN)),
            notFinite(random, 0x7f800000),
            notFinite(random, 0xff800000),
            notFinite(random, 0x7fa00001),
            header("spaces behind the header", text -> text + " ".repeat(random.nextInt(99)))
                .isHarmless(),
            header("the header on many lines", text -> tree(text).toPrettyString()).isHarmless(),
            header("the tensors in another order", HostileTensors::reversed).isHarmless(),
            header(
                    "an unknown field",
                    text -> text.replaceFirst("\"dtype\"", "\"more\":{\"a\":[1]},\"dtype\""))
                .isHarmless()));
    return damages;
  }

  private static byte[] spoilt(byte[] file, double place, int value) {
    int length = Parts.of(file).header().length();
    file[Long.BYTES + (int) (place * length)] = (byte) value;
    return file;
  }

  private static String firstTensorTwice(String text) {
    String name = floats(text).get(0);
    return "{\"%s\":%s,%s".formatted(name, tree(text).get(name), text.substring(1));
  }

  private static String removed(String text, String name) {
    ObjectNode tree = tree(text);
    tree.remove(name);
    return tree.toString();
  }

  private static String renamed(String text) {
    ObjectNode tree = tree(text);
    tree.set("another", tree.remove(floats(text).get(0)));
    return tree.toString();
  }

  private static String reversed(String text) {
    List<String> names = new ArrayList<>();
    ObjectNode tree = tree(text);
    tree.fieldNames().forEachRemaining(name -> names.add(0, name));
    ObjectNode reversed = JSON.createObjectNode();
    names.forEach(name -> reversed.set(name, tree.get(name)));
    return reversed.toString();
  }

  /** What only the state of an optimiser can say. */
  static List<Damage> states() {
    List<Damage> damages = new ArrayList<>();
    for (String[] change :
        new String[][] {
          {"format", "\"other\""},
          {"format", null},
          {"version", "\"3\""},
          {"version", "null"},
          {"optimizer", "\"lion\""},
          {"optimizer", null},
          {"optimizer", "7"},
          {"optimizer", "\"a\\nb\\u001b[2J\""},
          {"kind", null},
          {"kind", "\"lion\""},
          {"hyperparameter.momentum", "\"0.5\""},
          {"hyperparameter.momentum", null},
          {"hyperparameter.gamma", "\"1\""}
        }) {
      damages.add(
          header(
              "metadata: %s = %s".formatted(change[0], change[1]),
              text -> Damage.with(text, "/__metadata__/" + change[0], change[1])));
    }
    for (long count : new long[] {-1, Long.MIN_VALUE}) {
      damages.add(
          Damage.bytes(
              count + " steps",
              bytes -> {
                Parts parts = Parts.of(bytes);
                int at = tree(parts.header()).at("/step/data_offsets/0").asInt();
                ByteBuffer.wrap(parts.data()).order(ByteOrder.LITTLE_ENDIAN).putLong(at, count);
                return parts.bytes();
              }));
    }
    return damages;
  }

  /** Splits a model into two files with an index, and removes it. */
  static void shard(Path model) throws IOException {
    Parts parts = Parts.of(Files.readAllBytes(model));
    ObjectNode all = tree(parts.header());
    all.remove("__metadata__");
    List<String> names = new ArrayList<>();
    all.fieldNames().forEachRemaining(names::add);
    ObjectNode index = JSON.createObjectNode();
    index.putObject("metadata").put("total_size", parts.data().length);
    ObjectNode map = index.putObject("weight_map");
    for (int shard = 0; shard < 2; shard++) {
      String file = "model-0000%d-of-00002.safetensors".formatted(shard + 1);
      ObjectNode header = JSON.createObjectNode();
      ByteBuffer data = ByteBuffer.allocate(parts.data().length);
      for (int i = shard; i < names.size(); i += 2) {
        ObjectNode tensor = (ObjectNode) all.get(names.get(i));
        List<Integer> offsets =
            StreamSupport.stream(tensor.get("data_offsets").spliterator(), false)
                .map(JsonNode::asInt)
                .toList();
        int begin = data.position();
        data.put(parts.data(), offsets.get(0), offsets.get(1) - offsets.get(0));
        tensor.putArray("data_offsets").add(begin).add(data.position());
        header.set(names.get(i), tensor);
        map.put(names.get(i), file);
      }
      Files.write(
          model.resolveSibling(file),
          new Parts(header.toString(), Arrays.copyOf(data.array(), data.position())).bytes());
    }
    Files.writeString(model.resolveSibling("model.safetensors.index.json"), index.toString());
    Files.delete(model);
  }

  /** What no index of shards survives. */
  static List<Damage> indexes(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.addAll(Damage.values("/weight_map", "null", "[]", "{}", "\"x\"", "{\"a\":1}", null));
    for (String file :
        List.of(
            "../../../../../../etc/passwd",
            "/etc/passwd",
            "",
            ".",
            "..",
            "a/b",
            "\\u0000",
            "missing.safetensors",
            "state.json",
            "../state.json",
            "a\\nb\\u001b[31m",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "n".repeat(100_000))) {
      damages.add(
          Damage.text(
                  "a tensor in " + Damage.shortened(file),
                  text -> {
                    String first = tree(text).path("weight_map").fieldNames().next();
                    return Damage.with(
                        text, "/weight_map/" + first.replace("/", "~1"), "\"" + file + "\"");
                  })
              .naming("checkpoints/step-"));
    }
    damages.addAll(Damage.values("/weight_map/more", "\"model-00001-of-00002.safetensors\""));
    return damages;
  }
}
