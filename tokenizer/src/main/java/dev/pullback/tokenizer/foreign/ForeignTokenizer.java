package dev.pullback.tokenizer.foreign;

import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/** What the adapters have in common: checks, and encoders that wait for the whole text. */
abstract class ForeignTokenizer implements TextTokenizer {

  /** Encodes a text without unpaired surrogates. */
  abstract int[] encodeValid(String text);

  /** Decodes ids in range. */
  abstract String decodeValid(int[] ids);

  @Override
  public final int[] encode(CharSequence text) {
    String string = text.toString();
    int codePoint;
    for (int i = 0; i < string.length(); i += Character.charCount(codePoint)) {
      codePoint = string.codePointAt(i);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException(
            "unpaired surrogate U+%04X at index %d: the text is not valid Unicode"
                .formatted(codePoint, i));
      }
    }
    return encodeValid(string);
  }

  /** Returns an encoder that keeps a text until its end, since the library encodes whole texts. */
  @Override
  public final StreamingEncoder newEncoder(StreamingEncoder.Sink sink) {
    StringBuilder parts = new StringBuilder();
    return new StreamingEncoder() {
      @Override
      public void write(CharSequence text) {
        parts.append(text);
      }

      @Override
      public void end() {
        int[] ids = encode(parts);
        parts.setLength(0);
        for (int id : ids) {
          sink.accept(id);
        }
      }
    };
  }

  @Override
  public final String decode(int... ids) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize()) {
        throw new IllegalArgumentException(
            "id %d at position %d is out of range: the vocabulary size is %d"
                .formatted(ids[i], i, vocabularySize()));
      }
    }
    return decodeValid(ids);
  }

  @Override
  public final void save(Path path) throws IOException {
    Path target = path.toAbsolutePath();
    Path temporary = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      Files.writeString(temporary, toJson());
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
