package dev.pullback.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Finds the longest of several tokens at a place: a trie. Immutable. */
final class AddedTokenSet {

  /** One token with its id. */
  record Entry(AddedToken token, int id) {}

  /** What was found at a place. */
  static final int NONE = -1;

  /** More text may make a token, or a longer one. */
  static final int OPEN = -2;

  private final List<Entry> entries = new ArrayList<>();
  private final boolean anyStripsLeft;

  /** Nodes by their parent and the char that leads to them; node 0 is the root. */
  private final PairMap children = new PairMap(16);

  /** The entry that ends at a node, or NONE. */
  private final List<Integer> ends = new ArrayList<>(List.of(NONE));

  private final List<Boolean> leaves = new ArrayList<>(List.of(true));
  private final long[] firstChars = new long[(Character.MAX_VALUE + 1) / Long.SIZE];

  AddedTokenSet(Map<Integer, AddedToken> tokens) {
    tokens.forEach((id, token) -> add(new Entry(token, id)));
    anyStripsLeft = tokens.values().stream().anyMatch(AddedToken::lstrip);
  }

  private void add(Entry entry) {
    String content = entry.token().content();
    char first = content.charAt(0);
    firstChars[first >> 6] |= 1L << first;
    int node = 0;
    for (int i = 0; i < content.length(); i++) {
      long key = key(node, content.charAt(i));
      int child = (int) children.get(key);
      if (child == (int) PairMap.ABSENT) {
        child = ends.size();
        children.put(key, child);
        leaves.set(node, false);
        ends.add(NONE);
        leaves.add(true);
      }
      node = child;
    }
    // Once normalized, two may be the same; Hugging Face takes the first.
    if (ends.get(node) == NONE) {
      ends.set(node, entries.size());
    }
    entries.add(entry);
  }

  private static long key(int node, char c) {
    return ((long) node << Character.SIZE) | c;
  }

  boolean anyStripsLeft() {
    return anyStripsLeft;
  }

  Entry entry(int index) {
    return entries.get(index);
  }

  boolean mayStart(char c) {
    return ((firstChars[c >> 6] >>> c) & 1) != 0;
  }

  /**
   * Finds the longest token that starts at a place.
   *
   * @param atEnd whether the text ends at {@code to}
   * @return its index, {@link #NONE}, or {@link #OPEN} unless {@code atEnd}
   */
  int longest(char[] text, int from, int to, boolean atEnd) {
    int found = NONE;
    int node = 0;
    for (int i = from; !leaves.get(node); i++) {
      if (i == to) {
        return atEnd ? found : OPEN;
      }
      node = (int) children.get(key(node, text[i]));
      if (node == (int) PairMap.ABSENT) {
        return found;
      }
      if (ends.get(node) != NONE) {
        found = ends.get(node);
      }
    }
    return found;
  }
}
