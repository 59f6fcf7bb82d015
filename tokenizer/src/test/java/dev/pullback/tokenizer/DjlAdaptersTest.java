package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DjlAdaptersTest {

  private static final String GRIN = "\uD83D\uDE00";
  private static final CharTokenizer TOKENIZER = CharTokenizer.fromText("ab?" + GRIN);

  @Test
  void tokensAreCodePointsAndJoinToTheSentence() {
    Tokenizer adapter = TOKENIZER.asDjlTokenizer();
    String sentence = "a" + GRIN + "e\u0301 x";

    List<String> tokens = adapter.tokenize(sentence);

    assertEquals(List.of("a", GRIN, "e", "\u0301", " ", "x"), tokens);
    assertEquals(sentence, adapter.buildSentence(tokens));
    assertEquals(tokens, adapter.preprocess(List.of("a" + GRIN, "e\u0301 x")));
  }

  @Test
  void indicesAreTheIdsOfTheTokenizer() {
    Vocabulary vocabulary = TOKENIZER.asDjlVocabulary();

    assertEquals(4, vocabulary.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      String token = vocabulary.getToken(id);
      assertEquals(TOKENIZER.decode(id), token);
      assertEquals(id, vocabulary.getIndex(token));
      assertTrue(vocabulary.contains(token));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\uD83D\uDE01", "ab", "", "\uD83D"})
  void unknownTokenIsTheReplacementOrAnError(String token) {
    Vocabulary strict = TOKENIZER.asDjlVocabulary();
    Vocabulary replacing = TOKENIZER.withReplacement('?').asDjlVocabulary();

    assertFalse(strict.contains(token));
    assertFalse(replacing.contains(token));
    assertEquals(0, replacing.getIndex(token));
    assertEquals("?", replacing.getToken(0));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> strict.getIndex(token));
    assertEquals(
        CodePoints.single(token).isPresent(), e instanceof UnknownCharacterException, e::toString);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 4, 1L << 32, Long.MIN_VALUE})
  void indexOutOfRangeIsNamed(long index) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> TOKENIZER.asDjlVocabulary().getToken(index));

    assertTrue(e.getMessage().startsWith("id " + index + " is out of range"), e::getMessage);
  }
}
