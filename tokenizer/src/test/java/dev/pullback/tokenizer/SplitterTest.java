package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Splitters give the pieces of their regular expressions, wherever the text is cut. */
class SplitterTest {

  private static final String O200K =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}"
          + "\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  static List<String> pieces(Splitter splitter, String text) {
    List<String> pieces = new ArrayList<>();
    char[] chars = text.toCharArray();
    int end;
    for (int from = 0; from < chars.length; from = end) {
      end = splitter.next(chars, from, chars.length, true);
      pieces.add(text.substring(from, end));
    }
    return pieces;
  }

  /** Returns the pieces of a text that comes in parts of some length. */
  private static List<String> pieces(Splitter splitter, String text, int step) {
    List<String> pieces = new ArrayList<>();
    PieceStage stage =
        new PieceStage(
            splitter,
            false,
            new PieceStage.Receiver() {
              @Override
              public void piece(char[] chars, int from, int to, long position) {
                String piece = new String(chars, from, to - from);
                assertEquals(piece, text.substring((int) position, (int) position + to - from));
                pieces.add(piece);
              }

              @Override
              public void token(int id, long begin, long end) {
                throw new AssertionError(id);
              }
            });
    char[] chars = text.toCharArray();
    for (int from = 0; from < chars.length; from += step) {
      stage.write(chars, from, Math.min(chars.length, from + step), from);
    }
    stage.end();
    return pieces;
  }

  /** Java's regular expressions take a frame of the stack for each repetition of alternatives. */
  @Test
  void aPieceThatIsTooLongForAPatternIsRefused() {
    Splitter splitter = new RegexSplitter(Pattern.compile("(?:\\p{L}|\\p{M})+|\\s+"));
    assertEquals(List.of("ab", " "), pieces(splitter, "ab "));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> pieces(splitter, "a".repeat(1_000_000)));
    assertTrue(refused.getMessage().contains("cannot split"), refused.getMessage());
  }

  /** Texts of what the patterns tell apart, from all planes. */
  @Provide
  Arbitrary<String> texts() {
    String frequent =
        "aBsStTlLrReEvVmMdD''' \u017f\u00e91\u06601 \t\n\r\n  .!-\u00a0\u2028\u0085\u3000\u001c";
    return Arbitraries.randomValue(
        random -> {
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(40); i > 0; i--) {
            int codePoint =
                switch (random.nextInt(8)) {
                  case 0 -> random.nextInt(0x110000);
                  case 1 -> random.nextInt(0x3000);
                  case 2 -> 0x10000 + random.nextInt(0x10000);
                  default -> frequent.charAt(random.nextInt(frequent.length()));
                };
            text.appendCodePoint(codePoint);
          }
          return text.toString();
        });
  }

  @Property
  void scannersGiveThePiecesOfTheirPatterns(@ForAll("texts") String text) {
    for (SplitPattern pattern :
        List.of(SplitPattern.GPT2, SplitPattern.CL100K, SplitPattern.QWEN2)) {
      List<String> expected = pieces(pattern.newRegexSplitter(), text);
      assertEquals(expected, pieces(pattern.newSplitter(), text));
    }
  }

  @Property
  void piecesDoNotDependOnWhereTheTextIsCut(@ForAll("texts") String text) {
    for (SplitPattern pattern :
        List.of(
            SplitPattern.GPT2, SplitPattern.CL100K, SplitPattern.QWEN2, new SplitPattern(O200K))) {
      List<String> expected = pieces(pattern.newSplitter(), text);
      for (int step = 1; step < 4; step++) {
        assertEquals(expected, pieces(pattern.newSplitter(), text, step));
        assertEquals(expected, pieces(pattern.newRegexSplitter(), text, step));
      }
    }
  }

  @Test
  void whatAPatternDoesNotMatchIsAPieceToo() {
    Splitter splitter = new SplitPattern("\\d+|b(?=c)").newSplitter();

    assertEquals(List.of("a", "12", "xy", "b", "cb"), pieces(splitter, "a12xybcb"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)",
        "(?<n>a)",
        "(?<=a)b",
        "(?>a)",
        "(?m:a)",
        "^a",
        "a$",
        "a.b",
        "\\ba",
        "a\\Z",
        "\\1",
        "\\Qa\\E",
        "\\p{Han}",
        "\\p{IsHan}",
        "\\pL",
        "\\h",
        "\\x41",
        "\\u0041",
        "[[:alpha:]]",
        "[a&&b]",
        "[]a]",
        "a{1,2}+",
        "\\e\u00e9",
        "\\"
      })
  void constructsThatEnginesDisagreeOnAreNamed(String regex) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new SplitPattern(regex));

    assertTrue(e.getMessage().contains("is not supported"), e.getMessage());
    assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"a*,matches the empty text", "(?:a,near index", "[a,near index", "*,near index"})
  void errorsAreNamed(String regex, String reason) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new SplitPattern(regex));

    assertTrue(e.getMessage().contains(reason), e.getMessage());
    assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
  }
}
