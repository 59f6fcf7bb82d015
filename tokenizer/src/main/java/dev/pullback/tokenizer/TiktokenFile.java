package dev.pullback.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the ranks of tiktoken. */
final class TiktokenFile {

  private static final long MOST_BYTES = 64 << 20;

  /** The time to find the merges of a token grows with the square of its length. */
  private static final int LONGEST = 1024;

  private TiktokenFile() {}

  /** A pair that merges to a token of a rank. */
  private record Merge(int rank, int left, int right) implements Comparable<Merge> {

    @Override
    public int compareTo(Merge other) {
      int byRank = Integer.compare(rank, other.rank);
      int byLeft = byRank != 0 ? byRank : Integer.compare(left, other.left);
      return byLeft != 0 ? byLeft : Integer.compare(right, other.right);
    }
  }

  static BpeTokenizer read(Path path, SplitPattern pattern, Map<String, Integer> specialTokens)
      throws IOException {
    Map<String, Integer> vocabulary = vocabulary(path);
    Map<Integer, AddedToken> added = new TreeMap<>();
    Map<Integer, String> contents = new TreeMap<>();
    specialTokens.forEach(
        (content, id) -> {
          if (added.put(id, AddedToken.special(content)) != null) {
            throw new IllegalArgumentException("two special tokens have the id " + id);
          }
          contents.put(id, content);
        });
    List<Merge> merges = merges(vocabulary);
    long[] pairs = new long[merges.size()];
    int[] ranks = new int[pairs.length];
    for (int i = 0; i < pairs.length; i++) {
      Merge merge = merges.get(i);
      pairs[i] = PairMap.key(merge.left(), merge.right());
      ranks[i] = merge.rank();
    }
    try {
      return new BpeTokenizer(
          new BpeModel(vocabulary, contents, pairs, ranks, true),
          added,
          BpeSettings.of(pattern, false));
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Integer> vocabulary(Path path) throws IOException {
    if (Files.size(path) > MOST_BYTES) {
      throw new IOException(path + ": has more than " + MOST_BYTES + " bytes");
    }
    Map<String, Integer> vocabulary = new HashMap<>();
    int number = 1;
    try (BufferedReader lines = Files.newBufferedReader(path, StandardCharsets.US_ASCII)) {
      for (String line; (line = lines.readLine()) != null; number++) {
        if (!line.isEmpty()) {
          add(vocabulary, line);
        }
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("%s, line %d: %s".formatted(path, number, e.getMessage()), e);
    } catch (MalformedInputException e) {
      throw new IOException(path + ": not ASCII text", e);
    }
    return vocabulary;
  }

  private static void add(Map<String, Integer> vocabulary, String line) {
    int space = line.indexOf(' ');
    int rank = -1;
    byte[] bytes = {};
    if (space > 0) {
      try {
        rank = Integer.parseInt(line, space + 1, line.length(), 10);
        bytes = Base64.getDecoder().decode(line.substring(0, space));
      } catch (IllegalArgumentException e) {
        rank = -1;
      }
    }
    if (rank < 0 || bytes.length == 0 || bytes.length > LONGEST) {
      throw new IllegalArgumentException(
          TokenizerFile.quoted(line)
              + " is not a token of up to "
              + LONGEST
              + " bytes in base 64, and its rank");
    }
    if (vocabulary.put(ByteAlphabet.token(bytes), rank) != null) {
      throw new IllegalArgumentException("the token of rank " + rank + " has come before");
    }
  }

  /** Every pair of tokens that makes a token may merge, as tiktoken looks the bytes up. */
  private static List<Merge> merges(Map<String, Integer> vocabulary) {
    List<Merge> merges = new ArrayList<>();
    vocabulary.forEach(
        (token, rank) -> {
          for (int i = 1; i < token.length(); i++) {
            Integer left = vocabulary.get(token.substring(0, i));
            Integer right = left == null ? null : vocabulary.get(token.substring(i));
            if (right != null) {
              merges.add(new Merge(rank, left, right));
            }
          }
        });
    Collections.sort(merges);
    return merges;
  }
}
