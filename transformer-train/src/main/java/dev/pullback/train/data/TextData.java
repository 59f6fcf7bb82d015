package dev.pullback.train.data;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A text to train on.
 *
 * @param name short name of the data set, such as {@code tinyshakespeare}
 * @param text the text, at least one character
 * @param origin where the text came from, in words for the log
 */
public record TextData(String name, String text, String origin) {

  /**
   * Checks the components.
   *
   * @throws NullPointerException if a component is null
   * @throws IllegalArgumentException if the text is empty
   */
  public TextData {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(origin, "origin");
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the text is empty: " + origin);
    }
  }

  /**
   * Returns a fingerprint of the text.
   *
   * @return the SHA-256 of its UTF-8 bytes, as 64 lower-case hexadecimal digits
   */
  public String sha256() {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Names the text and its length; the text itself would flood a log. */
  @Override
  public String toString() {
    return "TextData[" + name + ", " + text.length() + " characters, " + origin + "]";
  }
}
