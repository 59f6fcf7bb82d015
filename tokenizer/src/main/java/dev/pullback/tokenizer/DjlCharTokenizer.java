package dev.pullback.tokenizer;

import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Splits a text into one string per code point. */
final class DjlCharTokenizer implements Tokenizer {

  @Override
  public List<String> tokenize(String sentence) {
    List<String> tokens = new ArrayList<>(sentence.length());
    int codePoint;
    for (int i = 0; i < sentence.length(); i += Character.charCount(codePoint)) {
      codePoint = CodePoints.at(sentence, i);
      tokens.add(Character.toString(codePoint));
    }
    return tokens;
  }

  @Override
  public String buildSentence(List<String> tokens) {
    return String.join("", tokens);
  }
}
