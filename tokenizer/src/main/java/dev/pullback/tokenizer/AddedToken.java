package dev.pullback.tokenizer;

import java.text.Normalizer;

/**
 * A token that is found in a text as it stands, before the text is split and merged.
 *
 * @param content its text, not empty
 * @param special whether it is a special token, which {@link BpeTokenizer#encodeOrdinary} reads as
 *     text and decoding can leave out
 * @param lstrip whether it takes the white space to its left with it
 * @param rstrip whether it takes the white space to its right with it
 * @param singleWord whether it is only found where no word character stands beside it
 * @param normalized whether it is looked for after those that are not normalized, in what they
 *     leave
 */
public record AddedToken(
    String content,
    boolean special,
    boolean lstrip,
    boolean rstrip,
    boolean singleWord,
    boolean normalized) {

  /**
   * Checks the content.
   *
   * @throws IllegalArgumentException if the content is empty or not valid Unicode
   */
  public AddedToken {
    if (content.isEmpty()) {
      throw new IllegalArgumentException("an added token is empty");
    }
    int codePoint;
    for (int i = 0; i < content.length(); i += Character.charCount(codePoint)) {
      codePoint = CodePoints.at(content, i);
    }
  }

  /** Returns the token with its content as it is found: in form C if texts are, and if it is. */
  AddedToken found(boolean nfc) {
    if (!nfc || !normalized) {
      return this;
    }
    String normal = Normalizer.normalize(content, Normalizer.Form.NFC);
    return new AddedToken(normal, special, lstrip, rstrip, singleWord, normalized);
  }

  /**
   * Returns a special token that is found wherever it stands.
   *
   * @param content its text, not empty
   * @return the token
   */
  public static AddedToken special(String content) {
    return new AddedToken(content, true, false, false, false, false);
  }
}
