package dev.pullback.tokenizer.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.knuddels.jtokkit.api.EncodingType;
import dev.pullback.tokenizer.BpeTokenizer;
import dev.pullback.tokenizer.BpeTrainer;
import dev.pullback.tokenizer.SplitPattern;
import dev.pullback.tokenizer.StreamingDecoder;
import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.TextTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForeignTokenizersTest {

  private static final List<String> TEXTS =
      List.of(
          "",
          "Hello, world! It's 12345 o'clock; we'll see",
          "  indented\n\n\tfor (int i = 0; i < n; i++) {\r\n    x[i] += 1;\n  }\n",
          "caf\u00e9 \u4e2d\u6587\u5b57\u7b26 \ud83d\ude00\ud83c\udfe3 \u0645\u0631\u062d\u0628\u0627",
          "a".repeat(300) + " " + "ab".repeat(200) + "\n \n  \n   x");

  @TempDir private Path directory;

  private static void check(TextTokenizer tokenizer) {
    for (String text : TEXTS) {
      int[] ids = tokenizer.encode(text);
      assertEquals(text, tokenizer.decode(ids));
      List<Integer> streamed = new ArrayList<>();
      StreamingEncoder encoder = tokenizer.newEncoder(streamed::add);
      encoder.write(text.substring(0, text.length() / 2));
      encoder.write(text.substring(text.length() / 2));
      encoder.end();
      assertEquals(IntStream.of(ids).boxed().toList(), streamed);
    }
    int size = tokenizer.vocabularySize();
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(size));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.encode("x\ud800"));
  }

  @Test
  void ranksReadHereGiveTheIdsOfJTokkit() throws IOException {
    JTokkitTokenizer foreign = new JTokkitTokenizer(EncodingType.CL100K_BASE);
    check(foreign);
    assertEquals(100_277, foreign.vocabularySize());
    Path ranks = directory.resolve("cl100k_base.tiktoken");
    try (InputStream in =
        EncodingType.class.getResourceAsStream("/com/knuddels/jtokkit/cl100k_base.tiktoken")) {
      Files.copy(in, ranks);
    }
    BpeTokenizer own =
        BpeTokenizer.fromTiktoken(ranks, SplitPattern.CL100K, Map.of("<|endofprompt|>", 100_276));
    assertEquals(foreign.vocabularySize(), own.vocabularySize());
    for (String text : TEXTS) {
      assertArrayEquals(foreign.encode(text), own.encode(text), text);
    }
  }

  @Test
  void filesWrittenHereAreReadByHuggingFace() throws IOException {
    BpeTokenizer own =
        BpeTrainer.builder()
            .setVocabularySize(500)
            .optSpecialTokens("<s>")
            .build()
            .trainOnTexts(TEXTS.iterator());
    Path file = directory.resolve("tokenizer.json");
    own.save(file);
    try (HuggingFaceTextTokenizer foreign = load(file)) {
      check(foreign);
      assertEquals(own.vocabularySize(), foreign.vocabularySize());
      for (String text : TEXTS) {
        assertArrayEquals(own.encode(text + "<s>"), foreign.encode(text + "<s>"), text);
      }
      Path copy = directory.resolve("copy.json");
      foreign.save(copy);
      assertEquals(own, BpeTokenizer.load(copy));
      assertTrue(Files.exists(file));
    }
  }

  @Test
  void spacesOfSentencePieceSurviveDecodingOneByOne() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    Files.writeString(
        file,
        """
        {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
         "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
         "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
         "model": {"type": "WordLevel", "unk_token": "?",
                   "vocab": {"?": 0, "\u2581to": 1, "\u2581be": 2, "\u2581or": 3}}}
        """);
    try (HuggingFaceTextTokenizer tokenizer = load(file)) {
      StreamingDecoder decoder = tokenizer.newDecoder();
      StringBuilder joined = new StringBuilder();
      for (int id : tokenizer.encode("to be or to be")) {
        joined.append(decoder.write(id));
      }
      assertEquals("to be or to be", joined + decoder.end());
    }
  }

  private static HuggingFaceTextTokenizer load(Path file) throws IOException {
    try {
      return HuggingFaceTextTokenizer.load(file);
    } catch (LinkageError e) {
      return abort("Hugging Face's native library cannot be had here: " + e);
    }
  }
}
