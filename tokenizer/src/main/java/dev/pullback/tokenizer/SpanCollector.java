package dev.pullback.tokenizer;

/** Collects ids with the places they come from. */
final class SpanCollector implements PieceStage.Receiver {

  private final BpeModel model;
  private final PieceEncoder encoder;
  private final IdList ids = new IdList();
  private final IdList begins = new IdList();
  private final IdList ends = new IdList();

  /** The end of what was before: a space that was put there has no place in the text. */
  private long least;

  SpanCollector(BpeModel model, PieceEncoder encoder) {
    this.model = model;
    this.encoder = encoder;
  }

  @Override
  public void piece(char[] text, int from, int to, long position) {
    int wrong = encoder.encode(text, from, to);
    if (wrong >= 0) {
      throw new UnpairedSurrogateException(text[wrong], position + wrong - from);
    }
    int begin = from;
    // How many bytes of the character at begin belong to tokens before.
    int used = 0;
    for (int i = encoder.from(); i < encoder.to(); i++) {
      int id = encoder.ids()[i];
      int end = begin;
      int bytes = used + model.end(id) - model.start(id);
      int next = begin;
      while (bytes > 0) {
        int width = CharClass.width(text, end, to);
        int length = utf8Length(text, end, width);
        end += width;
        if (bytes < length) {
          break;
        }
        bytes -= length;
        next = end;
      }
      add(id, position + begin - from, position + end - from);
      begin = next;
      used = bytes;
    }
    least = position + to - from;
  }

  private static int utf8Length(char[] text, int at, int width) {
    return width == 2 ? 4 : text[at] < 0x80 ? 1 : text[at] < 0x800 ? 2 : 3;
  }

  private void add(int id, long begin, long end) {
    ids.accept(id);
    begins.accept((int) Math.max(least, begin));
    ends.accept((int) Math.max(least, end));
  }

  @Override
  public void token(int id, long begin, long end) {
    add(id, begin, end);
    least = end;
  }

  TokenSpans spans() {
    return new TokenSpans(ids.toArray(), begins.toArray(), ends.toArray());
  }
}
