package dev.pullback.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes bytes as they come: those that may yet become a character wait for the next id. */
final class BpeDecoder implements StreamingDecoder {

  private final BpeTokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** Bytes that wait: up to three, and those of the next token. */
  private ByteBuffer bytes = ByteBuffer.allocate(64);

  BpeDecoder(BpeTokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  @Override
  public String write(int id) {
    byte[] token = tokenizer.bytes(id, skipSpecialTokens);
    if (token.length > bytes.remaining()) {
      bytes = ByteBuffer.allocate(2 * (bytes.position() + token.length)).put(bytes.flip());
    }
    bytes.put(token);
    return decode(false);
  }

  @Override
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
