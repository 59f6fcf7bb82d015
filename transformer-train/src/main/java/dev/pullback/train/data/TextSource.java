package dev.pullback.train.data;

import java.util.function.Consumer;

/** A text that can be read as often as needed, without being in memory as a whole. */
@FunctionalInterface
public interface TextSource {

  /**
   * Reads the text from its beginning.
   *
   * @param parts takes it part by part; none is cut within a surrogate pair
   * @throws dev.pullback.train.InputException if it cannot be read or is no text
   */
  void read(Consumer<String> parts);

  /**
   * Gives a text that is in memory.
   *
   * @param text the text
   * @return its source, which gives it in one part
   */
  static TextSource of(String text) {
    return parts -> parts.accept(text);
  }
}
