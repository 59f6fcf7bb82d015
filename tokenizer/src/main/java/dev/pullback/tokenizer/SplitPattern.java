package dev.pullback.tokenizer;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The regular expression that cuts a text into pieces before byte pairs are merged; what it does
 * not match is a piece as well. {@link #GPT2}, {@link #CL100K} and {@link #QWEN2} are scanned
 * without a regular expression, others by {@link Pattern} with {@link
 * Pattern#UNICODE_CHARACTER_CLASS}, which is several times slower.
 *
 * <p>Only what means the same in Java, in Oniguruma (Hugging Face) and in Rust (tiktoken) is
 * accepted: characters, escaped punctuation, {@code \s \S \d \D \w \W \r \n \t \f}, {@code \p{..}}
 * and {@code \P{..}} of general categories, classes of them, groups that do not capture, {@code
 * (?i:..)}, {@code (?=..)}, {@code (?!..)}, and quantifiers. Which characters are letters, numbers
 * or spaces is what the Java runtime knows: Unicode 13 on Java 17, 16 on Java 25.
 *
 * @param regex the regular expression
 */
public record SplitPattern(String regex) {

  /** The pattern of GPT-2 and of Hugging Face's {@code ByteLevel}. */
  public static final SplitPattern GPT2 =
      new SplitPattern(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

  /** The pattern of GPT-4's {@code cl100k_base}, as Hugging Face writes it. */
  public static final SplitPattern CL100K =
      new SplitPattern(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  /** The pattern of Qwen2: as {@link #CL100K}, but with each digit by itself. */
  public static final SplitPattern QWEN2 =
      new SplitPattern(CL100K.regex().replace("\\p{N}{1,3}", "\\p{N}"));

  /**
   * Checks the regular expression.
   *
   * @throws IllegalArgumentException if it has an error, a construct that is not accepted, or
   *     matches the empty text; the message names it
   */
  public SplitPattern {
    SplitSyntax.check(regex);
    Pattern pattern;
    try {
      pattern = compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "split pattern %s: %s near index %d"
              .formatted(TokenizerFile.quoted(regex), e.getDescription(), e.getIndex()),
          e);
    }
    if (pattern.matcher("").find()) {
      throw new IllegalArgumentException(
          "split pattern %s matches the empty text".formatted(TokenizerFile.quoted(regex)));
    }
  }

  private static Pattern compile(String regex) {
    return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
  }

  /** Returns a splitter for use by one thread. */
  Splitter newSplitter() {
    if (equals(GPT2)) {
      return new Gpt2Splitter();
    }
    if (equals(CL100K)) {
      return new Cl100kSplitter(3);
    }
    return equals(QWEN2) ? new Cl100kSplitter(1) : newRegexSplitter();
  }

  /** Returns a splitter that takes the regular expression at its word. */
  Splitter newRegexSplitter() {
    return new RegexSplitter(compile(regex));
  }
}
