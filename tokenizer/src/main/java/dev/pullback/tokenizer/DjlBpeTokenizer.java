package dev.pullback.tokenizer;

import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Splits a text into the tokens of a {@link BpeTokenizer}. */
final class DjlBpeTokenizer implements Tokenizer {

  private final BpeTokenizer tokenizer;

  DjlBpeTokenizer(BpeTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public List<String> tokenize(String sentence) {
    int[] ids = tokenizer.encode(sentence);
    List<String> tokens = new ArrayList<>(ids.length);
    for (int id : ids) {
      tokens.add(tokenizer.token(id));
    }
    return tokens;
  }

  @Override
  public String buildSentence(List<String> tokens) {
    return tokenizer.decode(
        tokens.stream().mapToInt(token -> DjlBpeVocabulary.index(tokenizer, token)).toArray());
  }
}
