package dev.pullback.tokenizer;

/**
 * What surrounds the merges, as a {@code tokenizer.json} says it.
 *
 * @param pattern the pattern that splits, or null for none
 * @param asSplit whether the file names the pattern; otherwise it is that of {@code ByteLevel}
 * @param preTokenizer of which only the prefix space changes anything here
 * @param postProcessor or null; changes offsets in Hugging Face's library, nothing here
 * @param decoder whose fields change nothing
 */
record BpeSettings(
    SplitPattern pattern,
    boolean asSplit,
    ByteLevel preTokenizer,
    ByteLevel postProcessor,
    ByteLevel decoder) {

  /** The fields of Hugging Face's {@code ByteLevel}. */
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {}

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
          pattern,
          false,
          new ByteLevel(addPrefixSpace, true, true),
          new ByteLevel(true, false, true),
          DEFAULT);
    }
    if (addPrefixSpace) {
      throw new IllegalArgumentException("a prefix space is supported with the GPT-2 pattern only");
    }
    return new BpeSettings(pattern, true, new ByteLevel(false, true, false), null, DEFAULT);
  }

  Splitter newSplitter() {
    return pattern == null ? Splitter.WHOLE : pattern.newSplitter();
  }

  boolean addPrefixSpace() {
    return preTokenizer.addPrefixSpace();
  }
}
