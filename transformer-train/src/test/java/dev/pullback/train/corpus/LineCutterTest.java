package dev.pullback.train.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineCutterTest {

  private static final int STRIDE = (int) LineCutter.STRIDE;

  /** From lines of a byte to ones of several strides. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100, 50_000, 3_000_000})
  void rangesTogetherGiveWhatTheWholeGives(int longest) throws IOException {
    Random random = new Random(longest);
    byte[] text = new byte[7 * STRIDE + random.nextInt(1000)];
    for (int i = 0; i < text.length; i += 1 + random.nextInt(longest)) {
      text[i] = '\n';
    }
    text[2 * STRIDE - 1] = '\n'; // the line ends exactly where the cut is due
    text[3 * STRIDE] = '\n'; // and one byte after
    List<String> whole = cuts(text, 0, Long.MAX_VALUE);
    List<String> parts = new ArrayList<>();
    for (int from = 0; from < text.length; from += 2 * STRIDE) {
      parts.addAll(cuts(text, from, from + 2 * STRIDE));
    }
    assertEquals(whole, parts);
    assertEquals(expected(text), whole);
  }

  private static List<String> cuts(byte[] text, int from, long to) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(text);
    in.skipNBytes(Math.max(0, from - 1));
    LineCutter cutter = new LineCutter(in, from);
    List<String> cuts = new ArrayList<>();
    while (cutter.offset() < to && cutter.next()) {
      long begin = cutter.offset();
      int length = cutter.readAllBytes().length;
      cuts.add(begin + " + " + length);
    }
    return cuts;
  }

  /** By the definition: a cut is the first place after a line feed at or after a multiple. */
  private static List<String> expected(byte[] text) {
    List<String> cuts = new ArrayList<>();
    int begin = 0;
    for (int i = 1; i < text.length; i++) {
      int multiple = i / STRIDE * STRIDE;
      if (text[i - 1] == '\n' && begin < multiple) {
        cuts.add(begin + " + " + (i - begin));
        begin = i;
      }
    }
    cuts.add(begin + " + " + (text.length - begin));
    return cuts;
  }
}
