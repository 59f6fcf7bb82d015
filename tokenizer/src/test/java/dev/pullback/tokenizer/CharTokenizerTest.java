package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CharTokenizerTest {

  private static final String GRIN = "\uD83D\uDE00";

  @Test
  void idsAreRanksInCodePointOrder() {
    // U+FFFD sorts before U+1F600 as a code point, but after it as UTF-16.
    CharTokenizer tokenizer = CharTokenizer.fromText("b" + GRIN + "a\uFFFDb\na");

    assertEquals(5, tokenizer.vocabularySize());
    int[] expected = {'\n', 'a', 'b', 0xFFFD, 0x1F600};
    for (int id = 0; id < expected.length; id++) {
      assertEquals(expected[id], tokenizer.codePoint(id));
      assertEquals(OptionalInt.of(id), tokenizer.id(expected[id]));
    }
    assertArrayEquals(new int[] {4, 2, 3, 0}, tokenizer.encode(GRIN + "b\uFFFD\n"));
  }

  @ParameterizedTest
  @ValueSource(ints = {'c', 0x1F601, 0xD83D, -1, Character.MAX_CODE_POINT + 1})
  void codePointsOutsideTheVocabularyHaveNoId(int codePoint) {
    assertEquals(OptionalInt.empty(), CharTokenizer.fromText("abd" + GRIN).id(codePoint));
  }

  static String[] texts() {
    return new String[] {
      "To be, or not to be:\r\n\tthat is the question.\u0000",
      GRIN + " \uD83D\uDC69\u200D\uD83D\uDCBB \uD83C\uDDEB\uD83C\uDDF7",
      "e\u0301 n\u0303 a\u0328\u0308",
      "\u6C49\u5B57 \uD55C\uAE00 \u3042 \uD840\uDC00",
      "\uDBFF\uDFFF\uFFFF\uFEFF\u2028",
      randomCodePoints(20_000)
    };
  }

  private static String randomCodePoints(int count) {
    StringBuilder text = new StringBuilder();
    new Random(7)
        .ints(0, Character.MAX_CODE_POINT + 1)
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .limit(count)
        .forEach(text::appendCodePoint);
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("texts")
  void textRoundTrips(String text) {
    CharTokenizer tokenizer = CharTokenizer.fromText(text);

    int[] ids = tokenizer.encode(text);

    assertEquals(text.codePointCount(0, text.length()), ids.length);
    assertEquals(text, tokenizer.decode(ids));
    assertArrayEquals(ids, tokenizer.encode(CharBuffer.wrap(text)));
    assertEquals(tokenizer, CharTokenizer.fromJson(tokenizer.toJson()));
  }

  @Test
  void nothingEncodesToNothing() {
    CharTokenizer tokenizer = CharTokenizer.fromText("a");

    assertEquals(0, tokenizer.encode("").length);
    assertEquals("", tokenizer.decode());
    assertThrows(IllegalArgumentException.class, () -> CharTokenizer.fromText(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "abxa            | 78    | 2 | 'x' (U+0078) at position 2 (line 1, column 3)",
        "\uD83D\uDE00b=  | 3D    | 2 | '=' (U+003D) at position 2 (line 1, column 3)",
        "a\\na\\n\uD83D\uDE00ab\u00E9 | E9 | 7 | '\u00E9' (U+00E9) at position 7 (line 3, column 4)",
        "a\\t             | 9     | 1 | character U+0009 at position 1 (line 1, column 2)",
        "ab\u0301        | 301   | 2 | character U+0301 at position 2 (line 1, column 3)",
        "\uD83D\uDE01    | 1F601 | 0 | '\uD83D\uDE01' (U+1F601) at position 0 (line 1, column 1)"
      })
  void unknownCharacterIsNamedWithItsPosition(
      String text, String codePoint, int position, String message) {
    CharTokenizer tokenizer = CharTokenizer.fromText("ab\n" + GRIN);

    UnknownCharacterException e =
        assertThrows(
            UnknownCharacterException.class, () -> tokenizer.encode(text.translateEscapes()));

    assertEquals(Integer.parseInt(codePoint, 16), e.getCodePoint());
    assertEquals(position, e.getPosition());
    assertTrue(e.getMessage().contains(message), e::getMessage);
    assertTrue(e.getMessage().contains("4 characters"), e::getMessage);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uD83D", "\uDE00", "\uD83Da", "\uDE00\uD83D"})
  void unpairedSurrogateIsAnErrorEvenWithReplacement(String broken) {
    CharTokenizer tokenizer = CharTokenizer.fromText("a\n" + GRIN).withReplacement('a');
    String text = "a\n" + GRIN + broken;
    String expected =
        "unpaired surrogate U+%04X at position 3 (line 2, column 2)"
            .formatted((int) broken.charAt(0));

    for (var e :
        new IllegalArgumentException[] {
          assertThrows(IllegalArgumentException.class, () -> CharTokenizer.fromText(text)),
          assertThrows(IllegalArgumentException.class, () -> tokenizer.encode(text)),
          assertThrows(
              IllegalArgumentException.class, () -> tokenizer.asDjlTokenizer().tokenize(text))
        }) {
      assertTrue(e.getMessage().contains(expected), e::getMessage);
    }
  }

  @Test
  void replacementStandsForUnknownCharacters() {
    CharTokenizer plain = CharTokenizer.fromText("ab?");
    CharTokenizer replacing = plain.withReplacement('?');

    assertEquals("a???b", replacing.decode(replacing.encode("ax" + GRIN + "\uFFFFb")));
    assertEquals(OptionalInt.of('?'), replacing.replacement());
    assertEquals(OptionalInt.empty(), plain.replacement());
    assertThrows(UnknownCharacterException.class, () -> plain.encode("x"));
  }

  @ParameterizedTest
  @ValueSource(ints = {'x', 0x1F600, -1})
  void replacementMustBeInTheVocabulary(int codePoint) {
    CharTokenizer tokenizer = CharTokenizer.fromText("ab");

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.withReplacement(codePoint));

    assertTrue(e.getMessage().contains(CodePoints.describe(codePoint)), e::getMessage);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void idOutOfRangeIsNamedWithItsPosition(int id) {
    CharTokenizer tokenizer = CharTokenizer.fromText("abc");

    IllegalArgumentException decoding =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(0, 2, id, 1));
    IllegalArgumentException lookup =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.codePoint(id));

    assertEquals(
        "id %d at position 2 is out of range: the vocabulary size is 3, ids run from 0 to 2"
            .formatted(id),
        decoding.getMessage());
    assertTrue(lookup.getMessage().startsWith("id %d is out of range".formatted(id)));
  }

  @Test
  void equalityIsThatOfVocabularyAndReplacement() {
    CharTokenizer tokenizer = CharTokenizer.fromText("abc");

    assertEquals(tokenizer, CharTokenizer.fromText("cabbac"));
    assertEquals(tokenizer.hashCode(), CharTokenizer.fromText("cabbac").hashCode());
    assertNotEquals(tokenizer, CharTokenizer.fromText("ab"));
    assertNotEquals(tokenizer, tokenizer.withReplacement('a'));
    assertEquals(
        "CharTokenizer[characters=3, replacement='a' (U+0061)]",
        tokenizer.withReplacement('a').toString());
  }

  @Test
  void encodesPartsAsTheWhole() {
    String text = "a\uD83D\uDE00b\uD83D\uDE00";
    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    List<Integer> ids = new ArrayList<>();
    StreamingEncoder encoder = tokenizer.newEncoder(ids::add);
    for (int i = 0; i < text.length(); i++) {
      encoder.write(text.substring(i, i + 1));
    }
    encoder.end();
    assertEquals(List.of(0, 2, 1, 2), ids);
    encoder.write("\uD83D");
    assertThrows(IllegalArgumentException.class, encoder::end);
  }

  /** As of the whole text, and another text begins anew. */
  @Test
  void unknownCharactersOfPartsHaveTheirPlaceInTheText() {
    CharTokenizer tokenizer = CharTokenizer.fromText("ab\n" + GRIN);
    for (String before : List.of("", "ab", "a\nab", "a\n", GRIN + "\n\n" + GRIN + GRIN)) {
      for (int step = 1; step <= 3; step++) {
        String text = before + "abx";
        StreamingEncoder encoder = tokenizer.newEncoder(id -> {});
        encoder.write("ab\n");
        encoder.end();
        UnknownCharacterException whole =
            assertThrows(UnknownCharacterException.class, () -> tokenizer.encode(text));
        int part = step;
        UnknownCharacterException parts =
            assertThrows(
                UnknownCharacterException.class,
                () -> {
                  for (int i = 0; i < text.length(); i += part) {
                    encoder.write(text.substring(i, Math.min(text.length(), i + part)));
                  }
                });
        assertEquals(whole.getMessage(), parts.getMessage());
        assertEquals(whole.getPosition(), parts.getPosition());
      }
    }
  }
}
