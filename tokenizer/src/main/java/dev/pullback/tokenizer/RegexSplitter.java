package dev.pullback.tokenizer;

import java.nio.CharBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits by any pattern; what it does not match is a piece too. For use by one thread. */
final class RegexSplitter implements Splitter {

  private final Matcher matcher;

  RegexSplitter(Pattern pattern) {
    matcher = pattern.matcher("");
  }

  @Override
  public int next(char[] text, int from, int to, boolean atEnd) {
    matcher.reset(CharBuffer.wrap(text, from, to - from));
    boolean found = matcher.find();
    while (found && matcher.end() == 0) {
      found = matcher.find();
    }
    if (matcher.hitEnd() && !atEnd) {
      return UNDECIDED;
    }
    if (!found) {
      return to;
    }
    return from + (matcher.start() > 0 ? matcher.start() : matcher.end());
  }
}
