package dev.pullback.train.data;

import dev.pullback.train.InputException;
import java.util.Objects;

/**
 * A text to train on, at least one character.
 *
 * @param name short name of the data set, such as {@code tinyshakespeare}
 * @param source where to read the text
 * @param origin where the text came from, in words for the log
 */
public record TextData(String name, TextSource source, String origin) {

  /**
   * Checks the components.
   *
   * @throws NullPointerException if a component is null
   */
  public TextData {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(origin, "origin");
  }

  /**
   * Reads the text once from its beginning to its end.
   *
   * @return its summary
   * @throws InputException if it cannot be read or is empty
   */
  public TextSummary summary() {
    TextSummary summary = TextSummary.of(source);
    if (summary.codePoints() == 0) {
      throw new InputException(origin + " is empty; give a text of at least one character");
    }
    return summary;
  }

  /**
   * Reads the whole text into memory.
   *
   * @return the text
   * @throws InputException if it cannot be read
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    source.read(text::append);
    return text.toString();
  }
}
