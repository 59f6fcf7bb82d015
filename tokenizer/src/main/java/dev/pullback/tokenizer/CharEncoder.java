package dev.pullback.tokenizer;

/** Encodes parts one by one; a high surrogate at the end of one waits for the next. */
final class CharEncoder implements StreamingEncoder {

  private final CharTokenizer tokenizer;
  private final Sink sink;
  private String half = "";

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
    for (int id : tokenizer.encode(part.substring(0, end))) {
      sink.accept(id);
    }
  }

  @Override
  public void end() {
    String rest = half;
    half = "";
    for (int id : tokenizer.encode(rest)) {
      sink.accept(id);
    }
  }
}
