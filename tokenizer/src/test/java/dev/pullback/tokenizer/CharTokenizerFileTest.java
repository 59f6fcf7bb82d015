package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CharTokenizerFileTest {

  private static final CharTokenizer TOKENIZER =
      CharTokenizer.fromText("\u0000\n\"\\a\u007F\u00E9\u2028\uFFFF\uD83D\uDE00");

  @TempDir private Path directory;

  @Test
  void jsonHasTheDocumentedForm() {
    CharTokenizer tokenizer = CharTokenizer.fromText("b\na");

    assertEquals(
        "{\"type\":\"character\",\"version\":1,\"characters\":[\"\\n\",\"a\",\"b\"],"
            + "\"replacement\":null}",
        tokenizer.toJson());
    assertTrue(tokenizer.withReplacement('b').toJson().endsWith("\"replacement\":\"b\"}"));
  }

  static Stream<CharTokenizer> tokenizers() {
    return Stream.of(
        TOKENIZER, TOKENIZER.withReplacement('\u0000'), TOKENIZER.withReplacement(0x1F600));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void savedTokenizerLoadsByTypeAndDirectly(CharTokenizer tokenizer) throws IOException {
    Path file = directory.resolve("tokenizer.json");

    tokenizer.save(file);

    assertEquals(tokenizer, CharTokenizer.load(file));
    assertEquals(tokenizer, TextTokenizer.load(file));
  }

  @Test
  void saveReplacesTheFileAndLeavesNoOther() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(file, "older and longer content ".repeat(1000));

    TOKENIZER.save(file);

    assertEquals(TOKENIZER.toJson(), Files.readString(file));
    assertEquals(List.of(file), content());
  }

  @Test
  void failedSaveLeavesNoFile() throws IOException {
    Path occupied = Files.createDirectory(directory.resolve("occupied"));
    Path orphan = directory.resolve("absent").resolve("tokenizer.json");

    assertThrows(FileSystemException.class, () -> TOKENIZER.save(occupied));
    NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> TOKENIZER.save(orphan));

    assertTrue(e.getMessage().contains(orphan + ": its directory does not exist"), e::getMessage);
    assertEquals(List.of(occupied), content());
  }

  private List<Path> content() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("", "not a JSON object"),
        Arguments.of("['character']", "not a JSON object"),
        Arguments.of("{\n type: 'character'}", "not valid JSON at line 2, column 2"),
        Arguments.of(valid() + "{}", "not valid JSON"),
        Arguments.of("{'type':'character','type':'character'}", "Duplicate field \u2018type\u2019"),
        Arguments.of("{'version':1,'characters':['a']}", "'type' is missing"),
        Arguments.of("{'type':1}", "'type' is missing or not a string"),
        Arguments.of("{'type':'word'}", "'word'"),
        Arguments.of(valid().replace("1", "2"), "'version' is 2, expected 1"),
        Arguments.of(valid().replace("1", "'1'"), "'version' is '1', expected 1"),
        Arguments.of(valid().replace("version", "Version"), "'version' is missing"),
        Arguments.of(valid().replace("replacement", "unknown"), "unknown key 'unknown'"),
        Arguments.of("{'type':'character','version':1}", "'characters' is missing"),
        Arguments.of(characters(""), "'characters' is missing, empty"),
        Arguments.of(characters("'a','b','b'"), "'characters'[2], \u2018b\u2019 (U+0062)"),
        Arguments.of(
            characters("'b','a'"), "\u2018a\u2019 (U+0061), must come after \u2018b\u2019"),
        Arguments.of(characters("'\\uFFFF','\\uD83D\\uDE00','\\uFFFE'"), "'characters'[2]"),
        Arguments.of(characters("'a','bc'"), "'characters'[1] is 'bc'"),
        Arguments.of(characters("'a',''"), "'characters'[1] is ''"),
        Arguments.of(characters("'a',5"), "'characters'[1] is 5"),
        Arguments.of(characters("null"), "'characters'[0] is null"),
        Arguments.of(characters("'\\uD83D'"), "'characters'[0]"),
        Arguments.of(valid().replace("null", "'x'"), "replacement \u2018x\u2019 (U+0078)"),
        Arguments.of(valid().replace("null", "'ab'"), "'replacement' is 'ab'"));
  }

  private static String valid() {
    return "{'type':'character','version':1,'characters':['a','b'],'replacement':null}";
  }

  private static String characters(String elements) {
    return valid().replace("'a','b'", elements);
  }

  /** Quotes are ' for " and \u2018 \u2019 for ' in both arguments, for the reader's sake. */
  @ParameterizedTest
  @MethodSource("malformed")
  void malformedFileIsNamedWithTheReason(String quoted, String reason) throws IOException {
    String json = quoted.replace('\'', '"');
    String expected = reason.replace('\'', '"').replaceAll("[\u2018\u2019]", "'");
    Path file = directory.resolve("broken.json");
    Files.writeString(file, json);

    IllegalArgumentException parsing =
        assertThrows(IllegalArgumentException.class, () -> CharTokenizer.fromJson(json));
    IOException loading = assertThrows(IOException.class, () -> CharTokenizer.load(file));
    IOException dispatching = assertThrows(IOException.class, () -> TextTokenizer.load(file));

    assertTrue(parsing.getMessage().contains(expected), parsing::getMessage);
    assertEquals(file + ": " + parsing.getMessage(), loading.getMessage());
    assertTrue(dispatching.getMessage().startsWith(file + ": "), dispatching::getMessage);
    assertTrue(dispatching.getMessage().contains(expected), dispatching::getMessage);
  }

  @Test
  void otherTypesAreNamedWithTheKnownOnes() throws IOException {
    Path file = directory.resolve("word.json");
    Files.writeString(file, "{\"type\":\"word\",\"version\":1}");

    IOException any = assertThrows(IOException.class, () -> TextTokenizer.load(file));
    IOException character = assertThrows(IOException.class, () -> CharTokenizer.load(file));

    assertEquals(
        file + ": unknown tokenizer type \"word\"; known types: \"character\"", any.getMessage());
    assertEquals(
        file + ": tokenizer type is \"word\", expected \"character\"", character.getMessage());
  }

  @Test
  void unreadableFileIsNamed() throws IOException {
    Path latin1 = directory.resolve("latin1.json");
    Files.write(latin1, new byte[] {'"', (byte) 0xE9, '"'});
    Path absent = directory.resolve("absent.json");

    IOException encoding = assertThrows(IOException.class, () -> CharTokenizer.load(latin1));
    IOException missing = assertThrows(IOException.class, () -> CharTokenizer.load(absent));

    assertEquals(latin1 + ": not UTF-8 text", encoding.getMessage());
    assertTrue(missing.getMessage().contains(absent.toString()), missing::getMessage);
  }

  @Test
  void absentReplacementIsNone() {
    String json = "{\"type\":\"character\",\"version\":1,\"characters\":[\"a\"]}";

    assertEquals(CharTokenizer.fromText("a"), CharTokenizer.fromJson(json));
  }
}
