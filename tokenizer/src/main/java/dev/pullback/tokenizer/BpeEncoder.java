package dev.pullback.tokenizer;

/** Encodes parts one by one: added tokens first, then pieces. For use by one thread. */
final class BpeEncoder implements StreamingEncoder {

  /** Fits the caches of a processor. */
  private static final int PART = 1 << 14;

  private final TextStage stages;
  private char[] part = new char[0];
  private long position;

  BpeEncoder(TextStage stages) {
    this.stages = stages;
  }

  /** Returns what takes pieces and hands on their ids. */
  static PieceStage.Receiver receiver(PieceEncoder encoder, Sink sink) {
    return new PieceStage.Receiver() {
      @Override
      public void piece(char[] text, int from, int to, long position) {
        int wrong = encoder.encode(text, from, to);
        if (wrong >= 0) {
          throw new UnpairedSurrogateException(text[wrong], position + wrong - from);
        }
        int[] ids = encoder.ids();
        if (sink instanceof IdList list) {
          list.addAll(ids, encoder.from(), encoder.to());
        } else {
          for (int i = encoder.from(); i < encoder.to(); i++) {
            sink.accept(ids[i]);
          }
        }
      }

      @Override
      public void token(int id, long begin, long end) {
        sink.accept(id);
      }
    };
  }

  @Override
  public void write(CharSequence text) {
    String string = text.toString();
    int length = Math.min(PART, string.length());
    if (part.length < length) {
      part = new char[length];
    }
    for (int from = 0; from < string.length(); from += PART) {
      int to = from + Math.min(PART, string.length() - from);
      string.getChars(from, to, part, 0);
      stages.write(part, 0, to - from, position);
      position += to - from;
    }
  }

  @Override
  public void end() {
    stages.end();
    position = 0;
  }
}
