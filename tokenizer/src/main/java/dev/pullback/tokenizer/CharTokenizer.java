package dev.pullback.tokenizer;

import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;

/**
 * A character-level tokenizer: one id per Unicode code point.
 *
 * <p>The vocabulary is a set of code points in ascending order; the id of a code point is its rank,
 * from 0. A character outside the vocabulary is an {@link UnknownCharacterException} on encoding,
 * unless a replacement is chosen with {@link #withReplacement(int)}.
 *
 * <p>Instances are immutable and safe for use by several threads at once.
 */
public final class CharTokenizer implements TextTokenizer {

  private static final int UNKNOWN = -1;

  /** The vocabulary in ascending order; the index is the id. */
  private final int[] codePoints;

  /** Ids by code point, {@link #UNKNOWN} for gaps; ends at the last one of the basic plane. */
  private final int[] basicPlaneIds;

  private final int replacementId;

  private CharTokenizer(int[] codePoints, int[] basicPlaneIds, int replacementId) {
    this.codePoints = codePoints;
    this.basicPlaneIds = basicPlaneIds;
    this.replacementId = replacementId;
  }

  /**
   * Builds a tokenizer whose vocabulary is the distinct code points of a text.
   *
   * @param text the text, at least one character
   * @return the tokenizer, without a replacement
   * @throws IllegalArgumentException if the text is empty or has an unpaired surrogate; the message
   *     gives the position of the surrogate
   */
  public static CharTokenizer fromText(CharSequence text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException(
          "cannot build a vocabulary from an empty text; give at least one character");
    }
    BitSet seen = new BitSet();
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = CodePoints.at(text, i);
      seen.set(codePoint);
    }
    return ofSorted(seen.stream().toArray());
  }

  /** Takes ownership of an array that is not empty, strictly ascending and free of surrogates. */
  static CharTokenizer ofSorted(int[] codePoints) {
    int end = Arrays.binarySearch(codePoints, Character.MIN_SUPPLEMENTARY_CODE_POINT);
    int basicPlaneCount = end >= 0 ? end : -end - 1;
    int[] ids = new int[basicPlaneCount == 0 ? 0 : codePoints[basicPlaneCount - 1] + 1];
    Arrays.fill(ids, UNKNOWN);
    for (int id = 0; id < basicPlaneCount; id++) {
      ids[codePoints[id]] = id;
    }
    return new CharTokenizer(codePoints, ids, UNKNOWN);
  }

  /**
   * Reads a character tokenizer from a JSON file that {@link #save(Path)} wrote.
   *
   * @param path the file
   * @return the tokenizer
   * @throws IOException if the file cannot be read or is not a character tokenizer of a known
   *     version; the message names the file and what is wrong with it
   */
  public static CharTokenizer load(Path path) throws IOException {
    return TokenizerFile.read(path, CharTokenizerJson::read);
  }

  /**
   * Reads a character tokenizer from the JSON text that {@link #toJson()} gives.
   *
   * @param json the JSON text
   * @return the tokenizer
   * @throws IllegalArgumentException if the text is not JSON, or not a character tokenizer of a
   *     known version
   */
  public static CharTokenizer fromJson(String json) {
    return CharTokenizerJson.read(TokenizerFile.parse(json));
  }

  /**
   * Returns a tokenizer with this vocabulary that encodes unknown characters as another one.
   *
   * @param codePoint the replacement, a code point of the vocabulary
   * @return the tokenizer with the replacement
   * @throws IllegalArgumentException if the vocabulary does not contain the replacement
   */
  public CharTokenizer withReplacement(int codePoint) {
    int id = find(codePoint);
    if (id == UNKNOWN) {
      throw new IllegalArgumentException(
          "replacement %s is not one of the %d characters of the vocabulary"
              .formatted(CodePoints.describe(codePoint), codePoints.length));
    }
    return new CharTokenizer(codePoints, basicPlaneIds, id);
  }

  /**
   * Returns the code point that unknown characters are encoded as.
   *
   * @return the replacement, or empty if unknown characters are an error
   */
  public OptionalInt replacement() {
    return replacementId == UNKNOWN
        ? OptionalInt.empty()
        : OptionalInt.of(codePoints[replacementId]);
  }

  /**
   * Encodes a text, one id per code point.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()})
   * @throws UnknownCharacterException if a character is not in the vocabulary and no replacement is
   *     set
   * @throws IllegalArgumentException if the text has an unpaired surrogate, with or without a
   *     replacement; the message gives its position
   */
  @Override
  public int[] encode(CharSequence text) {
    // A String keeps the calls in the loop direct and the text constant while it is read.
    String string = text.toString();
    int[] table = basicPlaneIds;
    int length = string.length();
    int[] ids = new int[length];
    int count = 0;
    for (int i = 0; i < length; i++) {
      char c = string.charAt(i);
      int id = c < table.length ? table[c] : UNKNOWN;
      if (id == UNKNOWN) {
        id = supplementaryOrReplacement(string, i);
        if (Character.isHighSurrogate(c)) {
          i++;
        }
      }
      ids[count++] = id;
    }
    return count == length ? ids : Arrays.copyOf(ids, count);
  }

  @Override
  public StreamingEncoder newEncoder(StreamingEncoder.Sink sink) {
    return new CharEncoder(this, sink);
  }

  private int supplementaryOrReplacement(String text, int index) {
    int codePoint = CodePoints.at(text, index);
    int id = find(codePoint);
    if (id != UNKNOWN) {
      return id;
    }
    if (replacementId == UNKNOWN) {
      throw new UnknownCharacterException(
          codePoint, TextPosition.of(text, index), codePoints.length);
    }
    return replacementId;
  }

  private int find(int codePoint) {
    if (codePoint >= 0 && codePoint < basicPlaneIds.length) {
      return basicPlaneIds[codePoint];
    }
    return Math.max(UNKNOWN, Arrays.binarySearch(codePoints, codePoint));
  }

  @Override
  public String decode(int... ids) {
    StringBuilder text = new StringBuilder(ids.length);
    for (int i = 0; i < ids.length; i++) {
      int id = ids[i];
      if (id < 0 || id >= codePoints.length) {
        throw new IllegalArgumentException(outOfRange("id %d at position %d".formatted(id, i)));
      }
      text.appendCodePoint(codePoints[id]);
    }
    return text.toString();
  }

  @Override
  public int vocabularySize() {
    return codePoints.length;
  }

  /**
   * Returns the code point of an id.
   *
   * @param id the id, in [0, {@link #vocabularySize()})
   * @return the code point
   * @throws IllegalArgumentException if the id is out of range
   */
  public int codePoint(int id) {
    return codePoint((long) id);
  }

  int codePoint(long id) {
    if (id < 0 || id >= codePoints.length) {
      throw new IllegalArgumentException(outOfRange("id " + id));
    }
    return codePoints[(int) id];
  }

  private String outOfRange(String what) {
    return "%s is out of range: the vocabulary size is %d, ids run from 0 to %d"
        .formatted(what, codePoints.length, codePoints.length - 1);
  }

  /**
   * Returns the id of a code point. The replacement plays no part here.
   *
   * @param codePoint the code point, any value
   * @return the id, or empty if the code point is not in the vocabulary
   */
  public OptionalInt id(int codePoint) {
    int id = find(codePoint);
    return id == UNKNOWN ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public void save(Path path) throws IOException {
    TokenizerFile.write(path, toJson());
  }

  /**
   * Returns this tokenizer as JSON: {@code {"type":"character","version":1,"characters":["a","b"],
   * "replacement":null}}.
   *
   * @return the JSON text, which {@link #fromJson(String)} reads
   */
  @Override
  public String toJson() {
    return CharTokenizerJson.write(this);
  }

  /**
   * Returns a Deep Java Library tokenizer that splits a text into one string per code point,
   * whether in the vocabulary or not. It rejects text with an unpaired surrogate.
   *
   * @return the adapter
   */
  public Tokenizer asDjlTokenizer() {
    return new DjlCharTokenizer();
  }

  /**
   * Returns a Deep Java Library vocabulary with the ids of this tokenizer. An unknown token has the
   * index of the replacement; without a replacement it is an {@link UnknownCharacterException} if
   * it is one character and an {@link IllegalArgumentException} if not.
   *
   * @return the adapter
   */
  public Vocabulary asDjlVocabulary() {
    return new DjlCharVocabulary(this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CharTokenizer that
        && replacementId == that.replacementId
        && Arrays.equals(codePoints, that.codePoints);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(codePoints) + replacementId;
  }

  @Override
  public String toString() {
    return "CharTokenizer[characters=%d, replacement=%s]"
        .formatted(
            codePoints.length,
            replacementId == UNKNOWN ? "none" : CodePoints.describe(codePoints[replacementId]));
  }
}
