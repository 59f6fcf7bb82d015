package dev.pullback.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses merges as Hugging Face's {@code BpeTrainer} does: counts are over overlapping neighbours,
 * a candidate knows the words it was seen in when it came up, its count is refreshed when it is
 * first in the queue, and is not lowered by its own merge.
 */
final class MergeTrainer {

  private static final int NONE = -1;

  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();

  /** How many bytes a token was merged from, by id. */
  private int[] lengths = new int[1 << 10];

  /** The symbols of all words one after another. */
  private final int[] symbols;

  private final int[] starts;

  /** How many symbols a word still has. */
  private final int[] sizes;

  private final long[] counts;

  /** The number of each pair that ever was; the arrays below are by that number. */
  private final PairMap pairs = new PairMap(1 << 12);

  private long[] pairCounts = new long[1 << 12];

  /** The last cell of the words that a pair was newly seen in, or NONE. */
  private int[] newWords = new int[1 << 12];

  private final MergeQueue queue = new MergeQueue();
  private final WordLists lists = new WordLists();

  /** The pairs that have new words. */
  private long[] touched = new long[1 << 10];

  private int touchedCount;
  private final long longest;

  /**
   * Prepares.
   *
   * @param corpus the words with their counts; not needed any more afterwards
   * @param specialTokens the first tokens
   * @param longest a merged token has fewer bytes, unless it has two
   */
  MergeTrainer(WordCounter corpus, List<String> specialTokens, long longest) {
    this.longest = longest;
    specialTokens.forEach(this::id);
    int[] byteIds = new int[256];
    char[] alphabet = new char[256];
    for (int b = 0; b < 256; b++) {
      alphabet[b] = ByteAlphabet.character(b);
    }
    Arrays.sort(alphabet);
    for (char c : alphabet) {
      byteIds[ByteAlphabet.byteOf(c)] = id(String.valueOf(c));
    }
    WordTable words = corpus.words();
    int size = words.size();
    starts = new int[size];
    sizes = new int[size];
    counts = new long[size];
    long total = 0;
    for (int word = 0; word < size; word++) {
      total += Utf8.length(words.chars(), words.start(word), words.end(word));
    }
    if (total > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          ("the distinct words of the corpus have %d bytes, at most %d can be trained on;"
                  + " take part of it")
              .formatted(total, Integer.MAX_VALUE - 8));
    }
    symbols = new int[(int) total];
    int end = 0;
    for (int word = 0; word < size; word++) {
      starts[word] = end;
      end = Utf8.ids(words.chars(), words.start(word), words.end(word), byteIds, symbols, end);
      sizes[word] = end - starts[word];
      counts[word] = corpus.count(word);
    }
  }

  private int id(String token) {
    Integer known = ids.get(token);
    if (known != null) {
      return known;
    }
    int id = tokens.size();
    if (id == lengths.length) {
      lengths = Arrays.copyOf(lengths, 2 * id);
    }
    lengths[id] = token.codePointCount(0, token.length());
    tokens.add(token);
    ids.put(token, id);
    return id;
  }

  /** Returns ids by token. */
  Map<String, Integer> vocabulary() {
    return ids;
  }

  /**
   * Chooses merges until the vocabulary is full or no pair is frequent enough.
   *
   * @return the pairs in order
   */
  long[] train(int vocabularySize, long minFrequency) {
    countPairs();
    long least = Math.max(1, minFrequency);
    long[] merges = new long[16];
    int mergeCount = 0;
    while (tokens.size() < vocabularySize && !queue.isEmpty()) {
      long pair = queue.pair();
      long count = pairCounts[(int) pairs.get(pair)];
      if (queue.count() != count) {
        queue.refresh(count);
        continue;
      }
      if (count < least) {
        break;
      }
      int list = queue.value();
      queue.remove();
      int left = (int) (pair >>> 32);
      int right = (int) pair;
      int merged = id(tokens.get(left).concat(tokens.get(right)));
      if (mergeCount == merges.length) {
        merges = Arrays.copyOf(merges, 2 * mergeCount);
      }
      merges[mergeCount++] = pair;
      for (int cell = list; cell != NONE; cell = lists.free(cell)) {
        merge(lists.word(cell), left, right, merged);
      }
      queueTouched();
    }
    return withoutRepeats(Arrays.copyOf(merges, mergeCount));
  }

  private void countPairs() {
    for (int word = 0; word < starts.length; word++) {
      int start = starts[word];
      for (int i = start + 1; i < start + sizes[word]; i++) {
        see(symbols[i - 1], symbols[i], word);
      }
    }
    queueTouched();
  }

  private void merge(int word, int left, int right, int merged) {
    int[] symbol = symbols;
    int start = starts[word];
    int end = start + sizes[word];
    int out = start;
    for (int i = start; i < end; ) {
      int next = symbol[i++];
      if (next != left || i == end || symbol[i] != right) {
        symbol[out++] = next;
        continue;
      }
      i++;
      if (out > start) {
        int before = symbol[out - 1];
        change(before, left, -counts[word]);
        if ((long) lengths[before] + lengths[merged] < longest) {
          see(before, merged, word);
        }
      }
      symbol[out++] = merged;
      if (i < end) {
        int after = symbol[i];
        change(right, after, -counts[word]);
        if ((long) lengths[after] + lengths[merged] < longest) {
          see(merged, after, word);
        }
      }
    }
    sizes[word] = out - start;
  }

  /** Counts a pair that came up in a word. */
  private void see(int left, int right, int word) {
    int pair = change(left, right, counts[word]);
    int last = newWords[pair];
    if (last == NONE) {
      if (touchedCount == touched.length) {
        touched = Arrays.copyOf(touched, 2 * touchedCount);
      }
      touched[touchedCount++] = PairMap.key(left, right);
    } else if (lists.word(last) == word) {
      return;
    }
    newWords[pair] = lists.add(word, last);
  }

  private int change(int left, int right, long count) {
    int pair = pairNumber(PairMap.key(left, right));
    pairCounts[pair] += count;
    return pair;
  }

  private int pairNumber(long key) {
    long known = pairs.get(key);
    if (known != PairMap.ABSENT) {
      return (int) known;
    }
    int number = pairs.size();
    if (number == pairCounts.length) {
      pairCounts = Arrays.copyOf(pairCounts, 2 * number);
      newWords = Arrays.copyOf(newWords, 2 * number);
    }
    pairCounts[number] = 0;
    newWords[number] = NONE;
    pairs.put(key, number);
    return number;
  }

  private void queueTouched() {
    for (int i = 0; i < touchedCount; i++) {
      int pair = (int) pairs.get(touched[i]);
      if (pairCounts[pair] > 0) {
        queue.add(pairCounts[pair], touched[i], newWords[pair]);
      } else {
        for (int cell = newWords[pair]; cell != NONE; cell = lists.free(cell)) {}
      }
      newWords[pair] = NONE;
    }
    touchedCount = 0;
  }

  /** Leaves the last of a pair that was merged again, as a map of ranks does. */
  private static long[] withoutRepeats(long[] merges) {
    PairMap last = new PairMap(merges.length);
    for (int i = 0; i < merges.length; i++) {
      last.put(merges[i], i);
    }
    long[] distinct = new long[last.size()];
    int count = 0;
    for (int i = 0; i < merges.length; i++) {
      if (last.get(merges[i]) == i) {
        distinct[count++] = merges[i];
      }
    }
    return distinct;
  }
}
