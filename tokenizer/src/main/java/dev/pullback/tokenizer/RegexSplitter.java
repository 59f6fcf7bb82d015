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
    boolean found;
    try {
      found = matcher.find();
      while (found && matcher.end() == 0) {
        found = matcher.find();
      }
    } catch (StackOverflowError e) { // repeated alternatives take a frame each
      throw new IllegalArgumentException(
          "the pattern %s cannot split %d characters without an end; use another tokenizer"
              .formatted(matcher.pattern(), to - from),
          e);
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
