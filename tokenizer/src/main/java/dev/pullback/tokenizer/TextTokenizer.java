package dev.pullback.tokenizer;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Maps text to token ids and back.
 *
 * <p>Ids run from 0 to {@link #vocabularySize()} - 1. Implementations are immutable and safe for
 * use by several threads at once.
 */
public interface TextTokenizer {

  /**
   * Reads a tokenizer of any known type from a JSON file that {@link #save(Path)} wrote, or from
   * Hugging Face's {@code tokenizer.json} of a byte-level BPE.
   *
   * @param path the file
   * @return the tokenizer
   * @throws IOException if the file cannot be read, is not a tokenizer file, or has a type or
   *     version that is not known; the message names the file and what is wrong with it
   */
  static TextTokenizer load(Path path) throws IOException {
    return TokenizerFile.read(
        path,
        json -> {
          if (json.has(BpeTokenizerJson.MODEL)) {
            return BpeTokenizerJson.read(json);
          }
          String type = TokenizerFile.type(json);
          return switch (type) {
            case CharTokenizerJson.TYPE -> CharTokenizerJson.read(json);
            default ->
                throw new IllegalArgumentException(
                    "unknown tokenizer type \"%s\"; known types: \"%s\""
                        .formatted(type, CharTokenizerJson.TYPE));
          };
        });
  }

  /**
   * Encodes a text.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()})
   * @throws IllegalArgumentException if the text has no encoding in this vocabulary
   */
  int[] encode(CharSequence text);

  /**
   * Encodes a text with the special tokens around it that a model expects where a text begins and
   * ends; {@link #encode} puts none there.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()}); those of {@link #encode} if the
   *     tokenizer knows of no such tokens
   * @throws IllegalArgumentException if the text has no encoding in this vocabulary
   */
  default int[] encodeWithSpecialTokens(CharSequence text) {
    return encode(text);
  }

  /**
   * Returns an encoder for texts that arrive in parts.
   *
   * @param sink takes the ids
   * @return the encoder
   */
  StreamingEncoder newEncoder(StreamingEncoder.Sink sink);

  /**
   * Decodes ids to the text they stand for.
   *
   * @param ids the ids, each in [0, {@link #vocabularySize()}); possibly none
   * @return the text
   * @throws IllegalArgumentException if an id is out of range; the message names the id, its
   *     position and the vocabulary size
   */
  String decode(int... ids);

  /**
   * Returns a decoder for ids that come one by one, special tokens included.
   *
   * @return the decoder
   */
  default StreamingDecoder newDecoder() {
    return new PendingDecoder(this);
  }

  /**
   * Returns the number of ids.
   *
   * @return the vocabulary size, at least 1
   */
  int vocabularySize();

  /**
   * Tells whether an id stands for a token; of some foreign tokenizers, not all do.
   *
   * @param id in [0, {@link #vocabularySize()})
   * @return whether it can be decoded
   */
  default boolean isToken(int id) {
    return true;
  }

  /**
   * Returns this tokenizer as JSON, which {@link #load(Path)} reads from a file.
   *
   * @return the JSON text; equal for equal tokenizers
   */
  String toJson();

  /**
   * Writes this tokenizer to a JSON file, which {@link #load(Path)} reads. The file appears whole
   * or not at all; an existing file is replaced.
   *
   * @param path the file, in a directory that exists
   * @throws IOException if the file cannot be written
   */
  void save(Path path) throws IOException;
}
