package dev.pullback.tokenizer;

import java.util.List;
import java.util.Set;

/**
 * What surrounds the merges, as a {@code tokenizer.json} says it.
 *
 * @param nfc whether texts are put into Unicode's normalization form C, added tokens that are not
 *     normalized apart
 * @param pattern the pattern that splits, or null for none
 * @param asSplit whether the file names the pattern; otherwise it is that of {@code ByteLevel}
 * @param preTokenizer of which only the prefix space changes anything here
 * @param postProcessor or null; its {@code ByteLevel} changes offsets in Hugging Face's library,
 *     nothing here
 * @param decoder whose fields change nothing
 * @param emptyAffixes prefixes and suffixes of the model that the file has as "" rather than null
 */
record BpeSettings(
    boolean nfc,
    SplitPattern pattern,
    boolean asSplit,
    ByteLevel preTokenizer,
    PostProcessor postProcessor,
    ByteLevel decoder,
    Set<String> emptyAffixes) {

  /** The fields of Hugging Face's {@code ByteLevel}. */
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PostProcessor {}

  private static final ByteLevel DEFAULT = new ByteLevel(true, true, true);

  /**
   * Returns the settings for a new tokenizer.
   *
   * @throws IllegalArgumentException if a prefix space is asked for with another pattern than
   *     GPT-2's, which the file format has no place for
   */
  static BpeSettings of(SplitPattern pattern, boolean addPrefixSpace) {
    if (pattern.equals(SplitPattern.GPT2)) {
      return new BpeSettings(
          false,
          pattern,
          false,
          new ByteLevel(addPrefixSpace, true, true),
          new ByteLevel(true, false, true),
          DEFAULT,
          Set.of());
    }
    if (addPrefixSpace) {
      throw new IllegalArgumentException("a prefix space is supported with the GPT-2 pattern only");
    }
    return new BpeSettings(
        false, pattern, true, new ByteLevel(false, true, false), null, DEFAULT, Set.of());
  }

  Splitter newSplitter() {
    return pattern == null ? Splitter.WHOLE : pattern.newSplitter();
  }

  /** Returns the ids that a model expects before a text. */
  List<Integer> before() {
    return postProcessor == null ? List.of() : postProcessor.before();
  }

  /** Returns the ids that a model expects after a text. */
  List<Integer> after() {
    return postProcessor == null ? List.of() : postProcessor.after();
  }

  boolean addPrefixSpace() {
    return preTokenizer.addPrefixSpace();
  }
}
