package dev.pullback.tokenizer;

import java.util.Arrays;

/**
 * Finds added tokens and hands on what stands between them: leftmost, then longest, as Hugging Face
 * does. What is held back is a token that may yet come, and white space that it may take with it.
 */
final class AddedTokenStage implements TextStage {

  private static final int NOTHING = -1;

  private final AddedTokenSet tokens;
  private final boolean specialAsText;
  private final TextStage next;
  private char[] buffer = new char[64];
  private int length;

  /** The position of {@code buffer[0]}. */
  private long origin;

  /** What is before has been handed on, or dropped. */
  private int sent;

  /** What is before has been searched. */
  private int searched;

  /** What is before is not white space at the end of the stretch that is searched. */
  private int solid;

  /** Whether white space is dropped because a token before takes it. */
  private boolean stripping;

  /** The code point before {@code buffer[0]}, or {@link #NOTHING}. */
  private int before = NOTHING;

  AddedTokenStage(AddedTokenSet tokens, boolean specialAsText, TextStage next) {
    this.tokens = tokens;
    this.specialAsText = specialAsText;
    this.next = next;
  }

  @Override
  public void write(char[] text, int from, int to, long position) {
    reserve(to - from);
    if (length == 0) {
      origin = position;
    }
    System.arraycopy(text, from, buffer, length, to - from);
    length += to - from;
    search(false);
  }

  private void reserve(int more) {
    if (more <= buffer.length - length) {
      return;
    }
    if (sent > 0) {
      before = Character.codePointBefore(buffer, sent);
      System.arraycopy(buffer, sent, buffer, 0, length - sent);
      origin += sent;
      length -= sent;
      searched -= sent;
      solid = Math.max(0, solid - sent);
      sent = 0;
    }
    if (more > buffer.length - length) {
      buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(length, more), 2 * length));
    }
  }

  private void search(boolean atEnd) {
    int limit = length;
    if (!atEnd && limit > 0 && Character.isHighSurrogate(buffer[limit - 1])) {
      limit--;
    }
    while (searched < limit) {
      int at = searched;
      while (at < limit && !tokens.mayStart(buffer[at])) {
        at++;
      }
      pass(at);
      if (at == limit) {
        break;
      }
      int found = tokens.longest(buffer, at, limit, atEnd);
      if (found == AddedTokenSet.OPEN) {
        break;
      }
      if (found == AddedTokenSet.NONE) {
        pass(at + 1);
        continue;
      }
      AddedTokenSet.Entry entry = tokens.entry(found);
      int end = at + entry.token().content().length();
      if (entry.token().singleWord() && end == limit && !atEnd) {
        break;
      }
      if ((specialAsText && entry.token().special())
          || (entry.token().singleWord() && !standsAlone(at, end))) {
        pass(end);
      } else {
        take(entry, at, end);
      }
    }
    int certain = tokens.anyStripsLeft() && !atEnd ? Math.max(sent, solid) : searched;
    hand(certain);
  }

  /** Goes over text that is no token. */
  private void pass(int to) {
    if (stripping) {
      while (searched < to && CharClass.isSpace(buffer[searched])) {
        searched++;
      }
      sent = searched;
      solid = searched;
      stripping = searched == to;
    }
    int i = to;
    while (i > searched && CharClass.isSpace(buffer[i - 1])) {
      i--;
    }
    if (i > searched) {
      solid = i;
    }
    searched = to;
  }

  private boolean standsAlone(int from, int to) {
    int left = from > 0 ? Character.codePointBefore(buffer, from) : before;
    int right = to < length ? Character.codePointAt(buffer, to, length) : NOTHING;
    return (left == NOTHING || !CharClass.isWord(left))
        && (right == NOTHING || !CharClass.isWord(right));
  }

  private void take(AddedTokenSet.Entry entry, int from, int to) {
    hand(entry.token().lstrip() ? Math.max(sent, solid) : from);
    next.token(entry.id(), origin + from, origin + to);
    sent = to;
    searched = to;
    solid = to;
    stripping = entry.token().rstrip();
  }

  private void hand(int to) {
    if (to > sent) {
      next.write(buffer, sent, to, origin + sent);
      sent = to;
    }
  }

  private void finish() {
    search(true);
    length = 0;
    sent = 0;
    searched = 0;
    solid = 0;
    stripping = false;
    before = NOTHING;
  }

  @Override
  public void token(int id, long begin, long end) {
    finish();
    next.token(id, begin, end);
  }

  @Override
  public void end() {
    finish();
    next.end();
  }
}
