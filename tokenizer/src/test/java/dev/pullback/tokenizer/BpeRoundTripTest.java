package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** Every text comes back. {@code -Djqwik.tries.default=1000000} tries 10 million of them. */
class BpeRoundTripTest {

  private static final List<BpeTokenizer> TOKENIZERS =
      List.of(
          GoldenBpe.tokenizer("hostile-gpt2-1000-file-min2"),
          GoldenBpe.tokenizer("hostile-cl100k-1024-file"),
          GoldenBpe.tokenizer("shakespeare-gpt2-4096-file-min0"));

  private static final int PER_TRY = 10;

  @Provide
  Arbitrary<Long> seeds() {
    return Arbitraries.longs();
  }

  @Property(shrinking = ShrinkingMode.OFF)
  void randomTextsComeBack(@ForAll("seeds") long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < PER_TRY; i++) {
      String text = text(random);
      BpeTokenizer tokenizer = TOKENIZERS.get(random.nextInt(TOKENIZERS.size()));
      int[] ids = tokenizer.encode(text);
      assertEquals(text, tokenizer.decode(ids));
      IdList streamed = new IdList();
      StreamingEncoder encoder = tokenizer.newEncoder(streamed);
      int cut = random.nextInt(text.length() + 1);
      encoder.write(text.substring(0, cut));
      encoder.write(text.substring(cut));
      encoder.end();
      assertArrayEquals(ids, streamed.toArray(), text);
    }
  }

  /** Texts of one plane or of all, with spaces and special tokens in them. */
  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int plane = random.nextInt(18);
    for (int i = random.nextInt(30); i > 0; i--) {
      switch (random.nextInt(6)) {
        case 0 -> text.append(" \n\t'\r".charAt(random.nextInt(5)));
        case 1 -> text.append((char) (' ' + random.nextInt(95)));
        case 2 -> text.append(random.nextInt(20) == 0 ? "<|endoftext|>" : "th");
        default -> {
          int codePoint =
              plane == 17 ? random.nextInt(0x110000) : plane * 0x10000 + random.nextInt(0x10000);
          boolean surrogate = codePoint >= 0xd800 && codePoint < 0xe000;
          text.appendCodePoint(surrogate ? codePoint - 0x800 : codePoint);
        }
      }
    }
    return text.toString();
  }
}
