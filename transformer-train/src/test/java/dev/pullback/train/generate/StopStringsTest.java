package dev.pullback.train.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopStringsTest {

  /** Pieces are separated by bars, strings by commas; what is before is what is given by then. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "one two three; two; 'one '",
        "one t|wo three; two; 'one '",
        "one t|w|o; two; 'one '",
        "one tw|; two; one tw",
        "tttwo; ttwo; t",
        "aabaabaac; aabaac; aab",
        "abcz; abc,bcz; ''",
        "xabcd; abcz,bc; xa",
        "xabc; bc,abc; x",
        "user: hi\uD83D\uDE00 there; \uD83D\uDE00; user: hi",
        "none; two; none",
      })
  void endsBeforeTheFirst(String pieces, String stops, String expected) {
    StopStrings text = new StopStrings(List.of(stops.split(",", -1)));
    StringBuilder given = new StringBuilder();
    for (String piece : pieces.split("\\|", -1)) {
      given.append(text.write(piece));
    }
    given.append(text.end());
    assertEquals(expected, given.toString());
    assertEquals(given.length() < pieces.replace("|", "").length(), text.found());
  }

  @ParameterizedTest
  @CsvSource({"one t, 'one '", "one, one", "tt, t"})
  void holdsBackWhatMayBecomeOne(String piece, String given) {
    StopStrings text = new StopStrings(List.of("two", "to"));
    assertEquals(given, text.write(piece));
    assertFalse(text.found());
  }

  /** The reference looks at the whole text after every character. */
  @Property
  void theCutDoesNotDependOnThePieces(
      @ForAll @StringLength(max = 30) @CharRange(from = 'a', to = 'c') String text,
      @ForAll @Size(min = 1, max = 3)
          List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'c') String> stops,
      @ForAll Random random) {
    String expected = text;
    for (int end = 1; end <= text.length(); end++) {
      String before = text.substring(0, end);
      int longest =
          stops.stream().filter(before::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        expected = before.substring(0, end - longest);
        break;
      }
    }
    StopStrings scanner = new StopStrings(stops);
    StringBuilder given = new StringBuilder();
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + random.nextInt(4));
      given.append(scanner.write(text.substring(from, to)));
      assertTrue(text.startsWith(given.toString()));
      from = to;
    }
    given.append(scanner.end());
    assertEquals(expected, given.toString(), () -> Arrays.toString(stops.toArray()));
  }
}
