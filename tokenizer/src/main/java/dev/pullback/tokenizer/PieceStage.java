package dev.pullback.tokenizer;

import java.util.Arrays;

/** Cuts stretches into pieces. What is still undecided is kept, and is one piece at most. */
final class PieceStage implements TextStage {

  /** Takes what a text is cut into. */
  interface Receiver {

    /**
     * Takes a piece.
     *
     * @param text holds the piece
     * @param from the start of the piece
     * @param to the end of the piece
     * @param position the number of chars before the piece in the whole text; one less than that of
     *     the stretch if a space was put before the stretch
     */
    void piece(char[] text, int from, int to, long position);

    /** Takes a token; see {@link TextStage#token}. */
    void token(int id, long begin, long end);
  }

  private final Splitter splitter;
  private final boolean addPrefixSpace;
  private final Receiver receiver;
  private char[] buffer = new char[64];

  /** What is not cut yet is from {@code start} to {@code length}. */
  private int start;

  private int length;

  /** The position of {@code buffer[0]}. */
  private long origin;

  /** How much was left undecided; without twice as much it is not looked at again. */
  private int undecided;

  private boolean inStretch;

  PieceStage(Splitter splitter, boolean addPrefixSpace, Receiver receiver) {
    this.splitter = splitter;
    this.addPrefixSpace = addPrefixSpace;
    this.receiver = receiver;
  }

  @Override
  public void write(char[] text, int from, int to, long position) {
    if (from == to) {
      return;
    }
    boolean first = !inStretch;
    boolean space = first && addPrefixSpace && text[from] != ' ';
    reserve(to - from + (space ? 1 : 0));
    if (first) {
      origin = position - (space ? 1 : 0);
      inStretch = true;
    }
    if (space) {
      buffer[length++] = ' ';
    }
    System.arraycopy(text, from, buffer, length, to - from);
    length += to - from;
    if (length - start >= 2L * undecided) {
      cut(false);
    }
  }

  private void reserve(int more) {
    if (more > buffer.length - length) {
      System.arraycopy(buffer, start, buffer, 0, length - start);
      origin += start;
      length -= start;
      start = 0;
      if (more > buffer.length - length) {
        long wanted = Math.max((long) length + more, 2L * length);
        if ((long) length + more > Integer.MAX_VALUE - 8) {
          throw new IllegalArgumentException(
              "a piece of more than %d characters: the text has no place to cut it at"
                  .formatted(length));
        }
        buffer = Arrays.copyOf(buffer, (int) Math.min(Integer.MAX_VALUE - 8, wanted));
      }
    }
  }

  private void cut(boolean atEnd) {
    char[] text = buffer;
    int limit = length;
    if (!atEnd && limit > start && Character.isHighSurrogate(text[limit - 1])) {
      limit--;
    }
    while (start < limit) {
      int end = splitter.next(text, start, limit, atEnd);
      if (end == Splitter.UNDECIDED) {
        break;
      }
      receiver.piece(text, start, end, origin + start);
      start = end;
    }
    undecided = length - start;
  }

  private void endStretch() {
    cut(true);
    start = 0;
    length = 0;
    undecided = 0;
    inStretch = false;
  }

  @Override
  public void token(int id, long begin, long end) {
    endStretch();
    receiver.token(id, begin, end);
  }

  @Override
  public void end() {
    endStretch();
  }
}
