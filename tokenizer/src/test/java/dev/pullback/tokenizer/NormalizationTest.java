package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class NormalizationTest {

  /** Characters that join, in each of their ways, and some that do not. */
  private static final int[] FREQUENT =
      "aeosAx \n\u0301\u0323\u0307\u0344\u0345\u0327\u1100\u1161\u11a8\uac00\u1112\u09c7\u09be\u0958\u2126"
          .codePoints()
          .toArray();

  private static final BpeTokenizer TOKENIZER =
      BpeTokenizer.fromJson(
          BpeTrainer.builder()
              .setVocabularySize(300)
              .optSpecialTokens("<s>")
              .optPattern(SplitPattern.QWEN2)
              .build()
              .trainOnTexts(List.of("caf\u00e9 s\u00e9ance \ud55c\uad6d\uc5b4 the then").iterator())
              .toJson()
              .replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}"));

  private static String normal(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i > 0; i--) {
      int codePoint =
          switch (random.nextInt(12)) {
            case 0 -> random.nextInt(0xd800);
            case 1 -> 0x10000 + random.nextInt(0x100000);
            default -> FREQUENT[random.nextInt(FREQUENT.length)];
          };
      text.append(random.nextInt(25) == 0 ? "<s>" : Character.toString(codePoint));
    }
    return text.toString();
  }

  /** What {@link NfcStage} says of characters holds for this Java's Unicode. */
  @Test
  void whatJoinsTheTextBeforeStartsNoSegment() {
    for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
      if (Character.getType(codePoint) == Character.SURROGATE) {
        continue;
      }
      String name = Integer.toHexString(codePoint);
      int[] parts =
          Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFD)
              .codePoints()
              .toArray();
      assertTrue(!NfcStage.startsSegment(codePoint) || NfcStage.startsSegment(parts[0]), name);
      for (int i = 1; i < parts.length; i++) {
        assertFalse(NfcStage.startsSegment(parts[i]), name);
      }
    }
  }

  @Property
  void aTextIsEncodedAsItsNormalForm(@ForAll long seed) {
    String text = text(new Random(seed));

    String expected =
        Arrays.stream(text.split("<s>", -1))
            .map(NormalizationTest::normal)
            .collect(Collectors.joining("<s>"));
    assertEquals(expected, TOKENIZER.decode(TOKENIZER.encode(text)));
    for (int step = 1; step < 5; step++) {
      IdList ids = new IdList();
      StreamingEncoder encoder = TOKENIZER.newEncoder(ids);
      for (int from = 0; from < text.length(); from += step) {
        encoder.write(text.substring(from, Math.min(text.length(), from + step)));
      }
      encoder.end();
      assertArrayEquals(TOKENIZER.encode(text), ids.toArray(), text);
    }
  }

  @Property
  void eachTokenStandsInTheNormalFormOfItsPlace(@ForAll long seed) {
    String text = text(new Random(seed));
    TokenSpans spans = TOKENIZER.encodeWithOffsets(text);
    int end = 0;
    for (int i = 0; i < spans.ids().length; i++) {
      int begin = spans.begins()[i];
      assertTrue(begin <= end && spans.ends()[i] >= end, text);
      end = spans.ends()[i];
      String place = normal(text.substring(begin, end));
      assertTrue(latin1(place).contains(bytes(spans.ids()[i])), text);
    }
    assertEquals(text.length(), end);
  }

  private static String latin1(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String bytes(int id) {
    return new String(TOKENIZER.bytes(id, false), StandardCharsets.ISO_8859_1);
  }

  @Test
  void offsetsLeadToTheTextAsItWas() {
    // A decomposed syllable, a space, a singleton, and what is after them.
    String text = "\u1112\u1161\u11ab \u2126xe\u0301";
    TokenSpans spans = TOKENIZER.encodeWithOffsets(text);

    assertEquals("\ud55c \u03a9x\u00e9", TOKENIZER.decode(spans.ids()));
    assertEquals(0, spans.begins()[0]);
    assertEquals(3, spans.ends()[0]);
    int last = spans.ids().length - 1;
    assertEquals(6, spans.begins()[last]);
    assertEquals(8, spans.ends()[last]);
  }

  @Test
  void halvesOfCharactersAreRefusedWhereTheyStood() {
    for (String text : new String[] {"e\u0301\ud800x", "e\u0301x\ud800", "e\u0301\udc00\u0301"}) {
      int at = text.indexOf('x') == 2 ? 3 : 2;
      IllegalArgumentException whole =
          assertThrows(IllegalArgumentException.class, () -> TOKENIZER.encode(text));
      assertTrue(whole.getMessage().contains("column " + (at + 1)), whole.getMessage());
      StreamingEncoder encoder = TOKENIZER.newEncoder(id -> {});
      IllegalArgumentException streamed =
          assertThrows(
              IllegalArgumentException.class,
              () -> {
                encoder.write(text);
                encoder.end();
              });
      assertTrue(streamed.getMessage().contains("at index " + at), streamed.getMessage());
    }
  }

  @Test
  void aLongRunOfMarksIsLookedAtOnce() {
    IdList ids = new IdList();
    StreamingEncoder encoder = TOKENIZER.newEncoder(ids);
    int marks = 300_000;
    for (int i = 0; i < marks; i++) {
      encoder.write("\u0316");
    }
    encoder.end();

    assertArrayEquals(TOKENIZER.encode("\u0316".repeat(marks)), ids.toArray());
  }
}
