package dev.pullback.tokenizer;

/** Encodes parts one by one; a high surrogate at the end of one waits for the next. */
final class CharEncoder implements StreamingEncoder {

  private final CharTokenizer tokenizer;
  private final Sink sink;
  private String half = "";
  private TextPosition position = TextPosition.START;

  CharEncoder(CharTokenizer tokenizer, Sink sink) {
    this.tokenizer = tokenizer;
    this.sink = sink;
  }

  @Override
  public void write(CharSequence text) {
    String part = half + text;
    int end = part.length();
    if (end > 0 && Character.isHighSurrogate(part.charAt(end - 1))) {
      end--;
    }
    half = part.substring(end);
    encode(part.substring(0, end));
  }

  @Override
  public void end() {
    encode(half);
    half = "";
    position = TextPosition.START;
  }

  private void encode(String part) {
    int[] ids;
    try {
      ids = tokenizer.encode(part);
    } catch (UnknownCharacterException e) {
      throw e.behind(position);
    }
    for (int id : ids) {
      sink.accept(id);
    }
    position = position.plus(TextPosition.of(part, part.length()));
  }
}
