package dev.pullback.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Decodes ids as they come and never gives half a character: bytes that may yet become one wait for
 * the next id. Bytes that cannot become one any more are U+FFFD, as in {@link BpeTokenizer#decode};
 * all that was given, joined, is what that method returns for all ids.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class StreamingDecoder {

  private final BpeTokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** Bytes that wait: up to three, and those of the next token. */
  private ByteBuffer bytes = ByteBuffer.allocate(64);

  StreamingDecoder(BpeTokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /**
   * Takes the next id.
   *
   * @param id the id, in [0, {@link BpeTokenizer#vocabularySize()})
   * @return the text that is certain now, often empty
   * @throws IllegalArgumentException if the id is out of range or unused
   */
  public String write(int id) {
    byte[] token = tokenizer.bytes(id, skipSpecialTokens);
    if (token.length > bytes.remaining()) {
      bytes = ByteBuffer.allocate(2 * (bytes.position() + token.length)).put(bytes.flip());
    }
    bytes.put(token);
    return decode(false);
  }

  /**
   * Ends the text. The next id begins another one.
   *
   * @return what is left: U+FFFD if the text ends within a character, else nothing
   */
  public String end() {
    String rest = decode(true);
    decoder.reset();
    return rest;
  }

  private String decode(boolean atEnd) {
    bytes.flip();
    CharBuffer chars = CharBuffer.allocate(bytes.remaining() + 1);
    decoder.decode(bytes, chars, atEnd);
    if (atEnd) {
      decoder.flush(chars);
    }
    bytes.compact();
    return chars.flip().toString();
  }
}
