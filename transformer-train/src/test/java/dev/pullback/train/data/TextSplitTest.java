package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextSplitTest {

  @TempDir private Path folder;

  /** A text of many parts, with characters of every length in UTF-8 across their seams. */
  @Test
  void isTheSplitOfTheWholeText() throws IOException {
    String text = "a\u00e9\u4e00\ud83d\ude00\u0000\r\n".repeat(30_011);
    Path file = Files.writeString(folder.resolve("text.txt"), "\ufeff" + text);
    TextData data = new TextData("text", TextFiles.source(file), "here");
    TextSummary summary = data.summary();
    assertEquals(text.codePointCount(0, text.length()), summary.codePoints());
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(utf8.length, summary.bytes());
    assertEquals(Sha256.of(utf8), summary.sha256(), "as of a text in memory");
    assertEquals("\u0000\n\ra\u00e9\u4e00\ud83d\ude00", summary.characters());

    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    int[] tokens = tokenizer.encode(text);
    int cut = (int) (tokens.length * 9L / 10);
    TokenData split = TextSplit.encode(data, summary, tokenizer);
    assertArrayEquals(Arrays.copyOf(tokens, cut), all(split.train()));
    int[] rest = Arrays.copyOfRange(tokens, cut, tokens.length);
    assertArrayEquals(rest, all(split.validation()));
    assertEquals(
        tokenizer.decode(rest).getBytes(StandardCharsets.UTF_8).length, split.validationBytes());
  }

  @Test
  void refusesWhatATokenizerDoesNotKnow() {
    TextData data = new TextData("text", TextSource.of("abc"), "the text of this test");
    InputException e =
        assertThrows(
            InputException.class,
            () -> TextSplit.encode(data, data.summary(), CharTokenizer.fromText("ab")));
    assertTrue(
        e.getMessage()
            .startsWith("the text of this test, counted from its last tenth: unknown character"),
        e.getMessage());
    assertTrue(e.getMessage().contains("position 0"), e.getMessage());
  }

  @Test
  void refusesAnEmptyFile() throws IOException {
    Path file = Files.createFile(folder.resolve("empty.txt"));
    InputException e =
        assertThrows(
            InputException.class,
            () -> new TextData("e", TextFiles.source(file), "the text file " + file).summary());
    assertTrue(e.getMessage().contains("empty.txt is empty"), e.getMessage());
  }

  private static int[] all(TokenStream stream) {
    long[] tokens = new long[Math.toIntExact(stream.length())];
    stream.copy(0, tokens.length, tokens, 0);
    return Arrays.stream(tokens).mapToInt(Math::toIntExact).toArray();
  }
}
