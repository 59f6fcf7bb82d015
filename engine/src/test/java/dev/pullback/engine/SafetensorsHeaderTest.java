package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that are accepted and refused, as the reference implementation does. */
class SafetensorsHeaderTest {

  private static final String X = "\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

  @TempDir private Path folder;

  private String refusal(byte[] file) throws IOException {
    Path path = folder.resolve("model.safetensors");
    Files.write(path, file);
    IOException e = assertThrows(IOException.class, () -> Safetensors.open(path).close());
    String start = path + " is not a complete safetensors file: ";
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    return e.getMessage().substring(start.length());
  }

  static Stream<Arguments> faults() {
    String entry = "\"x\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}";
    return Stream.of(
        Arguments.of("{" + X + "}", 7, "take 8 bytes, but 7"),
        Arguments.of("{" + X + "}", 9, "take 8 bytes, but 9"),
        Arguments.of("{}", 1, "take 0 bytes, but 1"),
        Arguments.of("{" + X + "," + X + "}", 8, "Duplicate field 'x'"),
        Arguments.of("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "Duplicate field 'a'"),
        Arguments.of("{\"__metadata__\":{\"a\":1}}", 0, "a is not a string"),
        Arguments.of("{\"__metadata__\":[]}", 0, "__metadata__ is not an object"),
        Arguments.of("{" + X + "}{}", 8, "goes on behind"),
        Arguments.of("[" + "]", 0, "not a JSON object"),
        Arguments.of("", 0, "not a JSON object"),
        Arguments.of("{" + X, 8, "not valid JSON"),
        Arguments.of("{\"x\":1}", 0, "tensor x is not described by an object"),
        Arguments.of("{\"x\":{}}", 0, "tensor x needs a dtype"),
        Arguments.of("{\"a\\n\\u001b\":1}", 0, "tensor a  is not described"),
        Arguments.of("{" + entry.formatted("F32", "[2]", "[0,8,8]") + "}", 8, "two data_offsets"),
        Arguments.of("{" + entry.formatted("F32", "[2]", "[8,0]") + "}", 8, "begin at 8"),
        Arguments.of("{" + entry.formatted("F32", "[2]", "[1,9]") + "}", 9, "begin at 1"),
        Arguments.of("{" + entry.formatted("F32", "[3]", "[0,8]") + "}", 8, "takes 12 bytes"),
        Arguments.of("{" + entry.formatted("F32", "[-2]", "[0,8]") + "}", 8, "no size"),
        Arguments.of("{" + entry.formatted("F32", "[2.0]", "[0,8]") + "}", 8, "no size"),
        Arguments.of("{" + entry.formatted("F32", "[\"2\"]", "[0,8]") + "}", 8, "no size"),
        Arguments.of("{" + entry.formatted("F32", "2", "[0,8]") + "}", 8, "not a list"),
        Arguments.of("{" + entry.formatted("F33", "[2]", "[0,8]") + "}", 8, "dtype F33"),
        Arguments.of("{" + entry.formatted("F4", "[3]", "[0,1]") + "}", 1, "within a byte"),
        Arguments.of(
            "{" + entry.formatted("F32", "[9223372036854775807,2]", "[0,8]") + "}", 8, "counted"),
        // 2^62 elements of four bytes wrap to nothing, 2^32 * 2^32 too
        Arguments.of(
            "{" + entry.formatted("F32", "[4611686018427387904]", "[0,0]") + "}", 0, "counted"),
        Arguments.of(
            "{" + entry.formatted("F32", "[4294967296,4294967296]", "[0,0]") + "}", 0, "counted"),
        Arguments.of(
            "{" + entry.formatted("F32", "[9223372036854775808]", "[0,8]") + "}", 8, "range"),
        Arguments.of(
            "{" + entry.formatted("F32", "[1" + ",1".repeat(100) + "]", "[0,4]") + "}",
            4,
            "more than 64 numbers"),
        Arguments.of("{\"x\":" + "[".repeat(100_000), 0, "tensor x is not described"),
        Arguments.of("{\"x\":{\"y\":" + "[".repeat(100_000), 0, "nesting depth"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aHeaderAtFaultIsRefused(String header, int dataBytes, String expected) throws IOException {
    String message = refusal(SafetensorsFiles.bytes(header, new byte[dataBytes]));
    assertTrue(message.contains(expected), message);
    assertTrue(message.length() < 600, message);
  }

  @Test
  void aHeaderThatIsNotUtf8IsRefused() throws IOException {
    byte[] file = SafetensorsFiles.bytes("{\"ab\":{}}", new byte[0]);
    file[10] = (byte) 0xff;
    assertEquals("it is not UTF-8", refusal(file));
  }

  /** A header's length that is cut, too long, or no length at all. */
  @ParameterizedTest
  @ValueSource(longs = {9, 100_000_001, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void aHeadersLengthIsChecked(long length) throws IOException {
    byte[] file = new byte[16];
    for (int i = 0; i < 8; i++) {
      file[i] = (byte) (length >> (8 * i));
    }
    String message = refusal(file);
    assertTrue(message.contains(Long.toUnsignedString(length)), message);
    refusal(Arrays.copyOf(file, 7));
    refusal(new byte[0]);
  }

  /** Each was once accepted, and another model came out. */
  @ParameterizedTest
  @ValueSource(strings = {"bad_dupkey2.safetensors", "bad_overlap2.safetensors"})
  void overlapsAndDuplicatesAreRefused(String name) throws IOException {
    refusal(Files.readAllBytes(SafetensorsFiles.resource(folder, name)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{%s}",
        "{%s}     ",
        "{%s}\n\t ",
        "  {%s}",
        "{ %s ,\"__metadata__\" : { } }",
        "{%s,\"__metadata__\":null}"
      })
  void paddingIsAccepted(String header) throws IOException {
    Path file = SafetensorsFiles.write(folder, header.formatted(X), new byte[8]);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertEquals(Set.of("x"), reader.tensors().keySet());
    }
  }

  @Test
  void fieldsOfLaterVersionsAreAccepted() throws IOException {
    String header = "{" + X.replace("\"dtype\"", "\"new\":[{}],\"dtype\"") + "}";
    Path file = SafetensorsFiles.write(folder, header, new byte[8]);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertEquals(8, reader.tensors().get("x").bytes());
      assertEquals(Map.of(), reader.metadata());
    }
  }

  @Test
  void aMissingFileAndAFolderAreNamed() {
    Path missing = folder.resolve("missing.safetensors");
    IOException e = assertThrows(IOException.class, () -> Safetensors.open(missing).close());
    assertEquals(missing + ": no such file", e.getMessage());
    IOException f = assertThrows(IOException.class, () -> Safetensors.open(folder).close());
    assertEquals(folder + ": not a file", f.getMessage());
  }

  @Test
  void aFileThatShrinksIsNoticed() throws IOException {
    Path file = SafetensorsFiles.write(folder, "{" + X + "}", new byte[8]);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      Files.write(file, "short".getBytes(StandardCharsets.UTF_8));
      IOException e = assertThrows(IOException.class, reader::requireFinite);
      assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }
  }
}
