package dev.pullback.tokenizer;

/**
 * Decodes ids as they come and never gives half a character: what may yet become one waits for the
 * next id. All that was given, joined, is what {@link TextTokenizer#decode} returns for all ids.
 *
 * <p>Not safe for use by several threads at once.
 */
public interface StreamingDecoder {

  /**
   * Takes the next id.
   *
   * @param id the id, in [0, {@link TextTokenizer#vocabularySize()})
   * @return the text that is certain now, often empty
   * @throws IllegalArgumentException if the id is out of range or unused
   */
  String write(int id);

  /**
   * Ends the text. The next id begins another one.
   *
   * @return what is left: U+FFFD if the text ends within a character, else nothing
   */
  String end();
}
