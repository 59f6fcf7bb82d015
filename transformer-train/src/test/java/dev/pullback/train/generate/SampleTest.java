package dev.pullback.train.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pullback.tokenizer.BpeTokenizer;
import dev.pullback.tokenizer.SplitPattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleTest {

  @TempDir private Path folder;

  /** Ids 256 to 449 stand for nothing, as in some published vocabularies. */
  @Test
  void neverChoosesAnIdThatStandsForNoToken() throws IOException {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < 256; i++) {
      String one = Base64.getEncoder().encodeToString(new byte[] {(byte) i});
      bytes.append(one).append(' ').append(i).append('\n');
    }
    Path file = Files.writeString(folder.resolve("bytes.tiktoken"), bytes);
    BpeTokenizer tokenizer =
        BpeTokenizer.fromTiktoken(file, SplitPattern.GPT2, Map.of("<|end|>", 450));
    assertEquals(451, tokenizer.vocabularySize());
    for (int rows :
        new int[] {451, 500, 300}) { // a model may have more or fewer than the tokenizer
      float[] logits = new float[rows];
      Arrays.fill(logits, 256, Math.min(450, rows), 9);
      logits['a'] = 1;
      StringBuilder text = new StringBuilder();
      Sample sample =
          new Sample(
              new Generation(8, new Sampling(0, 0, 1), List.of()),
              new long[] {0},
              0,
              tokenizer,
              Set.of(),
              text::append);
      assertEquals('a', sample.next(logits));
      sample.end();
      assertEquals("a", text.toString());
    }
  }
}
