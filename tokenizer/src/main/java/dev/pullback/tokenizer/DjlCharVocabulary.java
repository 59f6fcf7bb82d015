package dev.pullback.tokenizer;

import ai.djl.modality.nlp.Vocabulary;
import java.util.OptionalInt;

/** The vocabulary of a {@link CharTokenizer}, one token per code point. */
final class DjlCharVocabulary implements Vocabulary {

  private final CharTokenizer tokenizer;

  DjlCharVocabulary(CharTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String getToken(long index) {
    return Character.toString(tokenizer.codePoint(index));
  }

  @Override
  public boolean contains(String token) {
    OptionalInt codePoint = CodePoints.single(token);
    return codePoint.isPresent() && tokenizer.id(codePoint.getAsInt()).isPresent();
  }

  @Override
  public long getIndex(String token) {
    if (CodePoints.single(token).isPresent()) {
      return tokenizer.encode(token)[0];
    }
    int replacement =
        tokenizer
            .replacement()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "unknown token \"%s\": a token of this vocabulary is exactly one character"
                            .formatted(token)));
    return tokenizer.id(replacement).getAsInt();
  }

  @Override
  public long size() {
    return tokenizer.vocabularySize();
  }
}
