package dev.pullback.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** Vocabulary and merges. Immutable. */
final class BpeModel {

  /** The half of a {@link #merge} that holds the rank; the other holds the id. */
  static final long RANK = 0xffffffffL << 32;

  private static final int NONE = -1;

  /** Ids that may be unused beside half of all. */
  private static final int GAPS = 1024;

  private final Map<String, Integer> vocabulary;

  /** By id, those of added tokens as well; null where an id is unused. */
  private final String[] tokens;

  /** The pairs of ids that merge, in order. */
  private final long[] pairs;

  /** The ranks of the pairs, ascending; equal where the result is equal, in tiktoken's files. */
  private final int[] ranks;

  private final boolean ignoreMerges;
  private final PairMap merges;
  private final int[] byteIds = new int[256];

  /** How many bytes a token was merged from, by id. */
  private final int[] lengths;

  /** The bytes of all tokens one after another, and where each one ends. */
  private final byte[] bytes;

  private final int[] ends;

  /**
   * Takes ownership of everything.
   *
   * @param vocabulary ids by token, in the alphabet of bytes
   * @param added the contents of added tokens by id, in the vocabulary or not
   * @param pairs the pairs of ids that merge, in order
   * @param ranks their ranks, ascending
   * @param ignoreMerges whether a piece that is a token is that token, whatever the merges
   * @throws IllegalArgumentException if they do not fit together
   */
  BpeModel(
      Map<String, Integer> vocabulary,
      Map<Integer, String> added,
      long[] pairs,
      int[] ranks,
      boolean ignoreMerges) {
    this.vocabulary = vocabulary;
    this.pairs = pairs;
    this.ranks = ranks;
    this.ignoreMerges = ignoreMerges;
    this.tokens = tokens(vocabulary, added);
    this.lengths = new int[tokens.length];
    this.ends = new int[tokens.length];
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id] != null) {
        lengths[id] = tokens[id].codePointCount(0, tokens[id].length());
        all.writeBytes(ByteAlphabet.bytes(tokens[id]));
      }
      ends[id] = all.size();
    }
    this.bytes = all.toByteArray();
    for (int b = 0; b < 256; b++) {
      Integer id = vocabulary.get(String.valueOf(ByteAlphabet.character(b)));
      if (id == null) {
        throw new IllegalArgumentException(
            "the vocabulary has no token for the byte 0x%02x, \"%s\": it is not of byte level"
                .formatted(b, ByteAlphabet.character(b)));
      }
      byteIds[b] = id;
    }
    this.merges = new PairMap(pairs.length);
    for (int i = 0; i < pairs.length; i++) {
      String merged = tokens[(int) (pairs[i] >>> 32)] + tokens[(int) pairs[i]];
      Integer id = vocabulary.get(merged);
      if (id == null) {
        throw new IllegalArgumentException(
            "merge %d gives %s, which is not in the vocabulary"
                .formatted(i, TokenizerFile.quoted(merged)));
      }
      merges.put(pairs[i], ((long) ranks[i] << 32) | id);
    }
  }

  private static String[] tokens(Map<String, Integer> vocabulary, Map<Integer, String> added) {
    int last = -1;
    for (int id : vocabulary.values()) {
      last = Math.max(last, id);
    }
    for (int id : added.keySet()) {
      last = Math.max(last, id);
    }
    int most = 2 * Math.min(Integer.MAX_VALUE / 4, vocabulary.size() + added.size()) + GAPS;
    if (last >= most) {
      throw new IllegalArgumentException(
          "id %d is too high for so few tokens: at most %d is accepted".formatted(last, most - 1));
    }
    String[] tokens = new String[last + 1];
    vocabulary.forEach((token, id) -> place(tokens, id, token));
    added.forEach(
        (id, token) -> {
          Integer known = vocabulary.get(token);
          if (known != null && !known.equals(id)) {
            throw new IllegalArgumentException(
                "added token %s has id %d, and %d in the vocabulary"
                    .formatted(TokenizerFile.quoted(token), id, known));
          }
          if (known == null) {
            place(tokens, id, token);
          }
        });
    return tokens;
  }

  private static void place(String[] tokens, int id, String token) {
    if (tokens[id] != null) {
      throw new IllegalArgumentException(
          "tokens %s and %s have the same id, %d"
              .formatted(TokenizerFile.quoted(tokens[id]), TokenizerFile.quoted(token), id));
    }
    tokens[id] = token;
  }

  /** Returns the rank and the id of a merge, or {@link PairMap#ABSENT}. */
  long merge(int left, int right) {
    return merges.get(PairMap.key(left, right));
  }

  /** Returns the ids of the bytes, not to be changed. */
  int[] byteIds() {
    return byteIds;
  }

  int length(int id) {
    return lengths[id];
  }

  /** Returns the id of a piece if it is a token and that is enough, or -1. */
  int whole(char[] text, int from, int to) {
    if (!ignoreMerges) {
      return NONE;
    }
    byte[] utf8 = new String(text, from, to - from).getBytes(StandardCharsets.UTF_8);
    return vocabulary.getOrDefault(ByteAlphabet.token(utf8), NONE);
  }

  /** Returns one more than the last id. */
  int size() {
    return tokens.length;
  }

  /** Returns a token in the alphabet of bytes, or null if the id is unused or out of range. */
  String token(long id) {
    return id >= 0 && id < tokens.length ? tokens[(int) id] : null;
  }

  Map<String, Integer> vocabulary() {
    return vocabulary;
  }

  /** Returns how many pairs merge; a pair that is listed twice counts twice. */
  int mergeCount() {
    return pairs.length;
  }

  int left(int merge) {
    return (int) (pairs[merge] >>> 32);
  }

  int right(int merge) {
    return (int) pairs[merge];
  }

  boolean ignoreMerges() {
    return ignoreMerges;
  }

  byte[] bytes() {
    return bytes;
  }

  int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  int end(int id) {
    return ends[id];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BpeModel that
        && ignoreMerges == that.ignoreMerges
        && Arrays.equals(pairs, that.pairs)
        && Arrays.equals(ranks, that.ranks)
        && Arrays.equals(tokens, that.tokens)
        && vocabulary.equals(that.vocabulary);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(pairs) + Arrays.hashCode(tokens);
  }
}
