package dev.pullback.train.data;

import dev.pullback.tokenizer.BpeTrainer;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Which tokenizer a text gets.
 *
 * @param kind how it is made
 * @param entries size of the vocabulary that is trained; 0 for the other kinds
 * @param file where the tokenizer is; null for the other kinds
 */
public record TokenizerChoice(Kind kind, int entries, Path file) {

  /** The default: the characters of the text. */
  public static final TokenizerChoice CHARACTERS = new TokenizerChoice(Kind.CHARACTERS, 0, null);

  /** What stands between documents in vocabularies that have it. */
  private static final String END_OF_DOCUMENT = "<|endoftext|>";

  /** The same in Llama 3. */
  private static final String END_OF_TEXT = "<|end_of_text|>";

  /** In every vocabulary, and no special token. */
  private static final String ANY_TEXT = "a";

  private static final String BYTE_PAIRS = "bpe:";
  private static final int LEAST_ENTRIES = 257; // bytes, and the end of a document

  /** How a tokenizer is made. */
  public enum Kind {
    /** One token for each character that occurs. */
    CHARACTERS,
    /** Byte pairs, trained on the text. */
    BYTE_PAIRS,
    /** Read from a file. */
    FILE
  }

  /**
   * Reads a choice.
   *
   * @param text {@code char}, {@code bpe:N} or the path of a {@code tokenizer.json}; null for the
   *     default
   * @return the choice
   * @throws InputException if the number of entries is none
   */
  public static TokenizerChoice parse(String text) {
    if (text == null || text.equals("char")) {
      return CHARACTERS;
    }
    if (!text.startsWith(BYTE_PAIRS)) {
      return new TokenizerChoice(Kind.FILE, 0, Path.of(text).toAbsolutePath());
    }
    int entries;
    try {
      entries = Integer.parseInt(text.substring(BYTE_PAIRS.length()));
    } catch (NumberFormatException e) {
      throw new InputException(
          "--tokenizer %s: what follows bpe: is the size of the vocabulary, such as bpe:4096"
              .formatted(text),
          e);
    }
    InputException.atLeast("the vocabulary of --tokenizer " + text, entries, LEAST_ENTRIES);
    return new TokenizerChoice(Kind.BYTE_PAIRS, entries, null);
  }

  /**
   * Makes the tokenizer.
   *
   * @param characters gives every character that occurs in the texts, each once; asked for
   *     characters only
   * @param texts read to train byte pairs; not read for the other kinds
   * @return the tokenizer
   * @throws InputException if the file is no tokenizer
   */
  public TextTokenizer make(Supplier<String> characters, TextSource texts) {
    return switch (kind) {
      case CHARACTERS -> CharTokenizer.fromText(characters.get());
      case BYTE_PAIRS -> train(texts);
      case FILE -> load(file);
    };
  }

  private TextTokenizer train(TextSource texts) {
    try {
      return BpeTrainer.builder()
          .setVocabularySize(entries)
          .optSpecialTokens(END_OF_DOCUMENT)
          .build()
          .trainOnParts(taker -> texts.read(taker::accept));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InputException(
          "cannot train --tokenizer %s: %s".formatted(this, e.getMessage()), e);
    }
  }

  /**
   * Reads a tokenizer.
   *
   * @param file a {@code tokenizer.json}
   * @return the tokenizer
   * @throws InputException if it cannot be read or is none
   */
  public static TextTokenizer load(Path file) {
    try {
      return TextTokenizer.load(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the tokenizer %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  /**
   * Returns the token that ends a document.
   *
   * @param tokenizer the tokenizer
   * @return its id; empty if the vocabulary has none
   */
  public static OptionalInt endOfDocument(TextTokenizer tokenizer) {
    if (tokenizer instanceof CharTokenizer) {
      return OptionalInt.empty();
    }
    return Stream.of(END_OF_DOCUMENT, END_OF_TEXT)
        .map(tokenizer::encode)
        .filter(ids -> ids.length == 1)
        .mapToInt(ids -> ids[0])
        .findFirst();
  }

  /**
   * Returns the token that a model expects before a text.
   *
   * @param tokenizer the tokenizer
   * @return its id; empty if there is none
   */
  public static OptionalInt beginOfDocument(TextTokenizer tokenizer) {
    if (tokenizer instanceof CharTokenizer) {
      return OptionalInt.empty();
    }
    int[] bare = tokenizer.encode(ANY_TEXT);
    int[] whole = tokenizer.encodeWithSpecialTokens(ANY_TEXT);
    return Arrays.mismatch(bare, whole) == 0 ? OptionalInt.of(whole[0]) : OptionalInt.empty();
  }

  /**
   * Returns the choice without the place of a file.
   *
   * @return {@code char}, {@code bpe:N} or {@code file}
   */
  public String kindName() {
    return kind == Kind.FILE ? "file" : toString();
  }

  /** Writes the choice as it is read. */
  @Override
  public String toString() {
    return switch (kind) {
      case CHARACTERS -> "char";
      case BYTE_PAIRS -> BYTE_PAIRS + entries;
      case FILE -> file.toString();
    };
  }
}
