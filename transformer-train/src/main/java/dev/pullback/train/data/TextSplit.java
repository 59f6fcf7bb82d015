package dev.pullback.train.data;

import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import java.nio.charset.StandardCharsets;

/**
 * Encodes a text in two parts: the first nine tenths of its characters train, the rest validates.
 * Both are the same texts for every tokenizer.
 */
public final class TextSplit {

  private final StreamingEncoder train;
  private final StreamingEncoder validation;
  private final long trainingPart;
  private long seen;
  private long validationBytes;

  private TextSplit(StreamingEncoder train, StreamingEncoder validation, long trainingPart) {
    this.train = train;
    this.validation = validation;
    this.trainingPart = trainingPart;
  }

  /**
   * Encodes.
   *
   * @param text where the text is
   * @param summary of the same text
   * @param tokenizer encodes each part by itself
   * @return its tokens
   * @throws InputException if the text cannot be read, has changed meanwhile, or has a character
   *     that the tokenizer does not know
   */
  public static TokenData encode(TextData text, TextSummary summary, TextTokenizer tokenizer) {
    TokenWidth width = TokenWidth.of(tokenizer.vocabularySize());
    TokenBuffer train = new TokenBuffer(width);
    TokenBuffer validation = new TokenBuffer(width);
    TextSplit split =
        new TextSplit(
            tokenizer.newEncoder(train),
            tokenizer.newEncoder(validation),
            TokenData.trainingPart(summary.codePoints()));
    try {
      text.source().read(split::accept);
      split.end();
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "%s%s: %s"
              .formatted(
                  text.origin(),
                  split.validationBytes > 0 ? ", counted from its last tenth" : "",
                  e.getMessage()),
          e);
    }
    if (split.seen != summary.codePoints()) {
      throw new InputException(
          "%s has changed while it was read; start again".formatted(text.origin()));
    }
    return new TokenData(train.finish(), validation.finish(), split.validationBytes);
  }

  private void accept(String part) {
    int characters = part.codePointCount(0, part.length());
    long left = Math.max(0, trainingPart - seen);
    int cut =
        characters <= left ? part.length() : part.offsetByCodePoints(0, Math.toIntExact(left));
    seen += characters;
    if (cut > 0) {
      train.write(part.substring(0, cut));
    }
    if (cut < part.length()) {
      String rest = part.substring(cut);
      validationBytes += rest.getBytes(StandardCharsets.UTF_8).length;
      validation.write(rest);
    }
  }

  private void end() {
    train.end();
    validation.end();
  }
}
