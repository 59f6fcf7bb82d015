package dev.pullback.tokenizer;

import ai.djl.modality.nlp.Vocabulary;

/** The vocabulary of a {@link BpeTokenizer}. */
final class DjlBpeVocabulary implements Vocabulary {

  private final BpeTokenizer tokenizer;

  DjlBpeVocabulary(BpeTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  static int index(BpeTokenizer tokenizer, String token) {
    return tokenizer
        .id(token)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown token %s: it is not in the vocabulary"
                        .formatted(TokenizerFile.quoted(token))));
  }

  @Override
  public String getToken(long index) {
    return tokenizer.token(index);
  }

  @Override
  public boolean contains(String token) {
    return tokenizer.id(token).isPresent();
  }

  @Override
  public long getIndex(String token) {
    return index(tokenizer, token);
  }

  @Override
  public long size() {
    return tokenizer.vocabularySize();
  }
}
