package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BpeTokenizerTest {

  private static final BpeTokenizer PLAIN = GoldenBpe.tokenizer("hostile-gpt2-1000-file-min2");
  private static final BpeTokenizer PREFIX =
      GoldenBpe.tokenizer("shakespeare-gpt2-512-string-prefix");
  private static final BpeTokenizer OPTIONS =
      GoldenBpe.tokenizer("hostile-gpt2-1000-string-options");

  /** Merges piece by piece in the plainest way. */
  private static int[] slowly(BpeTokenizer tokenizer, String piece) {
    BpeModel model = tokenizer.model();
    List<Integer> ids =
        new ArrayList<>(
            new String(piece.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)
                .chars()
                .mapToObj(b -> model.byteIds()[b])
                .toList());
    while (true) {
      int best = -1;
      for (int i = 0; i + 1 < ids.size(); i++) {
        long merge = model.merge(ids.get(i), ids.get(i + 1));
        if (merge >= 0 && (best < 0 || merge < model.merge(ids.get(best), ids.get(best + 1)))) {
          best = i;
        }
      }
      if (best < 0) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
      }
      ids.set(best, (int) model.merge(ids.get(best), ids.remove(best + 1)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 33, 99, 100, 101, 500, 3000})
  void longPiecesAreMergedAsShortOnesAre(int length) {
    Random random = new Random(length);
    for (String letters : List.of("a", "ab", "abcdefgh", "aeiou\u00e9\u4e2d")) {
      StringBuilder piece = new StringBuilder();
      for (int i = 0; i < length; i++) {
        piece.append(letters.charAt(random.nextInt(letters.length())));
      }
      String text = piece.toString();

      assertArrayEquals(slowly(PLAIN, text), PLAIN.encode(text), letters);
      assertArrayEquals(slowly(PLAIN, text), PLAIN.encode(text), "remembered");
    }
  }

  @Test
  void oneLetterTwentyMillionTimesTakesSeconds() {
    String text = "a".repeat(Integer.getInteger("pullback.longRun", 2_000_000));

    int[] ids =
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> PLAIN.encode(text));

    assertEquals(text, PLAIN.decode(ids));
    IdList streamed = new IdList();
    StreamingEncoder encoder = PLAIN.newEncoder(streamed);
    for (int from = 0; from < text.length(); from += 1000) {
      encoder.write(text.substring(from, Math.min(text.length(), from + 1000)));
    }
    encoder.end();
    assertArrayEquals(ids, streamed.toArray());
  }

  @Test
  void wordsThatDoNotFitTheMemoryAreForgotten() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 150_000; i++) {
      text.append(' ').append(Integer.toString(i * 7919, 36).replaceAll("[0-9]", "g")).append("th");
    }

    assertEquals(text.toString(), PLAIN.decode(PLAIN.encode(text)));
    assertArrayEquals(PLAIN.encode(text), BpeTokenizer.fromJson(PLAIN.toJson()).encode(text));
  }

  @Test
  void spacesAroundTokensAndWordsBesideThemDoNotDependOnWhereTheTextIsCut() {
    String text =
        "x \u3000<mask> \n<mask><mask>  a<tail> \t <mask> <tail>\n\n cat concat cat cat's <two word"
            + " <two words><|na\u00efve|>catcat <tail> cat<tail> <|endoftext|><tail>  ";
    int[] whole = OPTIONS.encode(text);
    for (int first = 0; first <= text.length(); first++) {
      for (int second : new int[] {first, Math.min(text.length(), first + 1), text.length()}) {
        IdList ids = new IdList();
        StreamingEncoder encoder = OPTIONS.newEncoder(ids);
        encoder.write(text.substring(0, first));
        encoder.write(text.substring(first, second));
        encoder.write(text.substring(second));
        encoder.end();
        assertArrayEquals(whole, ids.toArray(), first + " " + second);
      }
    }
  }

  @Test
  void aStreamHoldsBackNoMoreThanAPiece() {
    for (BpeTokenizer tokenizer : List.of(PLAIN, OPTIONS)) {
      IdList ids = new IdList();
      StreamingEncoder encoder = tokenizer.newEncoder(ids);
      for (int i = 0; i < 1000; i++) {
        encoder.write("some words ");
        int[] whole = tokenizer.encode("some words ".repeat(i + 1));
        assertTrue(ids.toArray().length >= whole.length - 20);
      }
    }
  }

  @Test
  void offsetsCoverTheTextAndWholeCharacters() {
    String text = "The caf\u00e9 \ud83d\ude00\ud83d\ude03 <mask> \u4e2d cat  end";
    for (BpeTokenizer tokenizer : List.of(PLAIN, OPTIONS, PREFIX)) {
      TokenSpans spans = tokenizer.encodeWithOffsets(text);
      assertArrayEquals(tokenizer.encode(text), spans.ids());
      for (int i = 0; i < spans.ids().length; i++) {
        int begin = spans.begins()[i];
        int end = spans.ends()[i];
        String covered = text.substring(begin, end);
        String decoded = tokenizer.decode(spans.ids()[i]);
        if (!decoded.contains("\ufffd")) {
          assertEquals(i == 0 && tokenizer.equals(PREFIX) ? decoded.strip() : decoded, covered);
        } else {
          assertTrue(covered.codePoints().anyMatch(c -> c > 0x7f), covered);
        }
      }
      assertEquals(0, spans.begins()[0]);
      assertEquals(text.length(), spans.ends()[spans.ids().length - 1]);
    }
  }

  @Test
  void offsetsOfBytesAreThoseOfTheirCharacter() {
    // No merge: one token per byte.
    BpeTokenizer bytes =
        BpeTrainer.builder().setVocabularySize(256).build().trainOnTexts(List.of("x").iterator());
    TokenSpans spans = bytes.encodeWithOffsets("a\u00e9\u4e2d\ud83d\ude00");

    assertArrayEquals(new int[] {0, 1, 1, 2, 2, 2, 3, 3, 3, 3}, spans.begins());
    assertArrayEquals(new int[] {1, 2, 2, 3, 3, 3, 5, 5, 5, 5}, spans.ends());
  }

  @Test
  void unpairedSurrogatesAreRefusedWithTheirPlace() {
    for (String text : List.of("ab\nc\ud83dd", "ab\nc\ude00d")) {
      String surrogate = text.charAt(4) == '\ud83d' ? "U+D83D" : "U+DE00";
      IllegalArgumentException whole =
          assertThrows(IllegalArgumentException.class, () -> PLAIN.encode(text));
      assertEquals(
          "unpaired surrogate %s at position 4 (line 2, column 2): the text is not valid Unicode"
              .formatted(surrogate),
          whole.getMessage());

      StreamingEncoder encoder = PLAIN.newEncoder(id -> {});
      IllegalArgumentException streamed =
          assertThrows(
              IllegalArgumentException.class,
              () -> {
                encoder.write(text);
                encoder.end();
              });
      assertEquals(
          "unpaired surrogate %s at index 4: the text is not valid Unicode".formatted(surrogate),
          streamed.getMessage());
    }
    assertEquals("still of use", PLAIN.decode(PLAIN.encode("still of use")));
  }

  @Test
  void streamedTextNeverHasHalfACharacter() {
    String text = "caf\u00e9 \u4e2d\u6587 \ud83d\ude00\ud83c\udfe3 \u0000";
    StreamingDecoder decoder = PLAIN.newDecoder(false);
    StringBuilder all = new StringBuilder();
    for (int id : PLAIN.encode(text)) {
      String part = decoder.write(id);
      assertFalse(part.contains("\ufffd"), part);
      assertTrue(
          part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)), part);
      all.append(part);
    }
    assertEquals("", decoder.end());
    assertEquals(text, all.toString());

    int half = PLAIN.id(String.valueOf(ByteAlphabet.character(0xe4))).orElseThrow();
    assertEquals("", decoder.write(half));
    assertEquals("\ufffd!", decoder.write(PLAIN.encode("!")[0]));
    assertEquals("", decoder.write(half));
    assertEquals("\ufffd", decoder.end());
    assertEquals("!", decoder.write(PLAIN.encode("!")[0]));
  }

  @Test
  void idsOutOfRangeAreNamed() {
    for (int id : new int[] {-1, 1000, Integer.MAX_VALUE}) {
      String reason = "stands for no token: the vocabulary size is 1000, ids run from 0 to 999";
      assertEquals(
          "id " + id + " at position 1 " + reason,
          assertThrows(IllegalArgumentException.class, () -> PLAIN.decode(1, id)).getMessage());
      assertEquals(
          "id " + id + " " + reason,
          assertThrows(IllegalArgumentException.class, () -> PLAIN.newDecoder(false).write(id))
              .getMessage());
    }
  }

  @Test
  void threadsShareATokenizer() {
    List<String> texts = List.copyOf(GoldenBpe.texts().values());
    BpeTokenizer fresh = BpeTokenizer.fromJson(PLAIN.toJson());
    IntStream.range(0, 400)
        .parallel()
        .mapToObj(i -> texts.get(i % texts.size()))
        .forEach(text -> assertEquals(text, fresh.decode(fresh.encode(text))));
    assertEquals(PLAIN, fresh);
    assertEquals(PLAIN.hashCode(), fresh.hashCode());
  }

  @Test
  void adaptersOfDeepJavaLibraryHaveTheTokens() {
    Tokenizer tokenizer = PLAIN.asDjlTokenizer();
    Vocabulary vocabulary = PLAIN.asDjlVocabulary();
    String text = " The caf\u00e9 <|endoftext|>";

    List<String> tokens = tokenizer.tokenize(text);

    assertEquals(text, tokenizer.buildSentence(tokens));
    assertArrayEquals(
        Arrays.stream(PLAIN.encode(text)).asLongStream().toArray(),
        tokens.stream().mapToLong(vocabulary::getIndex).toArray());
    assertEquals(1000, vocabulary.size());
    assertEquals("<|endoftext|>", vocabulary.getToken(0));
    assertTrue(vocabulary.contains("\u0120"));
    assertFalse(vocabulary.contains(" "));
    assertThrows(IllegalArgumentException.class, () -> vocabulary.getIndex(" "));
    assertThrows(IllegalArgumentException.class, () -> vocabulary.getToken(1000));
  }

  @Test
  void whoeverDecodesNeverGivesHalfACharacter() {
    BpeTokenizer tokenizer =
        BpeTrainer.builder().setVocabularySize(256).build().trainOnTexts(List.of("x").iterator());
    String text = "a\u00e9\uD83D\uDE00 \u20ac";
    for (StreamingDecoder decoder :
        List.of(tokenizer.newDecoder(), new PendingDecoder(tokenizer))) {
      StringBuilder joined = new StringBuilder();
      for (int id : tokenizer.encode(text)) {
        String part = decoder.write(id);
        assertFalse(part.contains("\uFFFD"), part);
        joined.append(part);
      }
      assertEquals(text, joined + decoder.end());
      assertEquals("", decoder.write(tokenizer.encode("\u20ac")[0]));
      assertEquals("\uFFFD", decoder.end());
    }
  }
}
