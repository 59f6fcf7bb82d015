package dev.pullback.tokenizer;

import java.util.Arrays;

/** Counts words, the pieces of a corpus. For use by one thread. */
final class WordCounter implements PieceStage.Receiver {

  private final WordTable words = new WordTable();
  private long[] counts = new long[1 << 9];

  @Override
  public void piece(char[] text, int from, int to, long position) {
    count(text, from, to, 1, position);
  }

  private void count(char[] text, int from, int to, long times, long position) {
    int word = words.findOrAdd(text, from, to);
    if (word < 0) {
      word = ~word;
      if (word == counts.length) {
        counts = Arrays.copyOf(counts, 2 * word);
      }
      counts[word] = 0;
      for (int i = from; i < to; i++) {
        if (CharClass.width(text, i, to) == 2) {
          i++;
        } else if (Character.isSurrogate(text[i])) {
          throw new UnpairedSurrogateException(text[i], position + i - from);
        }
      }
    }
    counts[word] += times;
  }

  @Override
  public void token(int id, long begin, long end) {
    throw new IllegalStateException("tokens are not looked for in training");
  }

  /** Adds the counts of another one. */
  void add(WordCounter other) {
    for (int i = 0; i < other.words.size(); i++) {
      count(other.words.chars(), other.words.start(i), other.words.end(i), other.counts[i], 0);
    }
  }

  WordTable words() {
    return words;
  }

  long count(int word) {
    return counts[word];
  }
}
