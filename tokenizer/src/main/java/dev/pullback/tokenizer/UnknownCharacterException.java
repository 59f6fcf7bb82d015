package dev.pullback.tokenizer;

/** Signals a character that the vocabulary of a {@link CharTokenizer} does not contain. */
public final class UnknownCharacterException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final int codePoint;
  private final TextPosition position;
  private final int vocabularySize;

  UnknownCharacterException(int codePoint, TextPosition position, int vocabularySize) {
    super(
        ("unknown character %s at %s: it is not one of the %d characters of the vocabulary;"
                + " remove it or choose a replacement character")
            .formatted(CodePoints.describe(codePoint), position, vocabularySize));
    this.codePoint = codePoint;
    this.position = position;
    this.vocabularySize = vocabularySize;
  }

  /** Returns the exception for a text of which the part that was encoded begins at a position. */
  UnknownCharacterException behind(TextPosition start) {
    return new UnknownCharacterException(codePoint, start.plus(position), vocabularySize);
  }

  /**
   * Returns the unknown character.
   *
   * @return the code point
   */
  public int getCodePoint() {
    return codePoint;
  }

  /**
   * Returns where the character stands in the text.
   *
   * @return the number of code points before it, from 0
   */
  public long getPosition() {
    return position.offset();
  }
}
