package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Computes what a language model expects next, and remembers the keys and values of what it has
 * seen, so that a sequence that grows costs one token a time, however long it is.
 *
 * <p>Beyond the context, a model with positions relative to each other goes on: a token sees the
 * latest {@link LanguageModelConfig#reach} tokens, and the memory is a ring. A model that numbers
 * the positions of its context starts anew with the latter half of it whenever it is full.
 *
 * <p>Several sequences may grow side by side in one batch, all by as many tokens at a time.
 */
public final class CachedDecoder implements AutoCloseable {

  /** Slots of a new cache, unless the model sees fewer tokens. */
  private static final int FIRST_SLOTS = 64;

  private final LanguageModelBlock block;
  private final LanguageModelConfig config;
  private final ParameterStore store;
  private final NDManager manager;
  private final NDList keys = new NDList();
  private final NDList values = new NDList();
  private KeyValues portable;

  /** How many tokens the memory took. */
  private long start;

  /** How many sequences grow. */
  private int sequences = 1;

  // Of sequences that begin anew: the latest tokens of each, at most a context; how many each has
  // in all; and which of them is at position 0.
  private long[][] latest = {{}};
  private long length;
  private long windowStart;

  /**
   * Creates a decoder of an empty sequence.
   *
   * @param block an initialised block; stays the caller's
   * @param store where it finds its weights
   * @param manager the parent of the manager that owns the caches
   */
  public CachedDecoder(LanguageModelBlock block, ParameterStore store, NDManager manager) {
    this.block = block;
    this.config = block.config();
    this.store = store;
    this.manager = manager.newSubManager();
  }

  /**
   * Appends tokens to the sequence, if it is one.
   *
   * @param tokens at least one; if the sequence is empty and they are more than a context, the last
   *     context of them is taken
   * @return the logits after the last of them, one number per token of the vocabulary
   * @throws IllegalArgumentException if there are none, or several sequences
   */
  public float[] append(long... tokens) {
    return append(new long[][] {tokens})[0];
  }

  /**
   * Appends tokens to each sequence.
   *
   * @param tokens a row for each sequence, all as long, at least one token each; as for one
   *     sequence
   * @return a row of logits for each sequence
   * @throws IllegalArgumentException if the rows are not as many as the sequences, differ in
   *     length, or are empty
   */
  public float[][] append(long[][] tokens) {
    if (tokens.length != sequences) {
      throw new IllegalArgumentException(
          "There are %d sequences, but tokens for %d".formatted(sequences, tokens.length));
    }
    int count = tokens[0].length;
    if (count == 0) {
      throw new IllegalArgumentException("At least one token is needed");
    }
    for (long[] row : tokens) {
      if (row.length != count) {
        throw new IllegalArgumentException(
            "One sequence gets %d tokens, another %d".formatted(count, row.length));
      }
    }
    int context = config.context();
    long[][] added = tokens;
    if (config.slides()) {
      added = start == 0 ? last(tokens, context) : tokens;
    } else {
      length += count;
      latest = last(concat(latest, tokens), context);
      // Depends on the length only, so that it does not matter how tokens arrive.
      int half = Math.max(1, context / 2);
      long from = length <= context ? 0 : (length - context + half - 1) / half * half;
      if (from != windowStart) {
        windowStart = from;
        forget();
        added = last(latest, (int) (length - from));
      }
    }
    float[][] logits = null;
    // At once what does not overwrite what it still has to see.
    for (int i = 0; i < added[0].length; ) {
      int begin = i;
      int end = (int) Math.min(added[0].length, Math.max(i + 1L, i + config.reach() - start));
      logits = compute(map(added, row -> Arrays.copyOfRange(row, begin, end)));
      i = end;
    }
    return logits;
  }

  /**
   * Makes several sequences of the one that there is; each goes on by itself.
   *
   * @param count how many, at least 1
   * @throws IllegalArgumentException if {@code count} is less
   * @throws IllegalStateException if there are several already
   */
  public void spread(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("The number of sequences must be at least 1: " + count);
    }
    if (sequences != 1) {
      throw new IllegalStateException("There are %d sequences already".formatted(sequences));
    }
    ArrayLength.of(
        "%d times the logits of %d tokens".formatted(count, config.vocabulary()),
        "ask for fewer samples",
        Double.BYTES,
        count,
        config.vocabulary());
    sequences = count;
    long[] only = latest[0];
    latest = new long[count][];
    Arrays.fill(latest, only);
    if (count == 1) {
      return;
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      KeyValues.repeat(keys, count, manager);
      KeyValues.repeat(values, count, manager);
      if (portable != null) {
        portable.repeat(count);
      }
    }
  }

  private static long[][] map(long[][] rows, UnaryOperator<long[]> work) {
    return Arrays.stream(rows).map(work).toArray(long[][]::new);
  }

  private static long[][] last(long[][] rows, int count) {
    return map(rows, row -> Arrays.copyOfRange(row, Math.max(0, row.length - count), row.length));
  }

  private static long[][] concat(long[][] first, long[][] second) {
    long[][] all = new long[first.length][];
    for (int i = 0; i < all.length; i++) {
      all[i] = Arrays.copyOf(first[i], first[i].length + second[i].length);
      System.arraycopy(second[i], 0, all[i], first[i].length, second[i].length);
    }
    return all;
  }

  private void forget() {
    start = 0;
    if (portable != null) {
      portable.close();
      portable = null;
    }
  }

  private float[][] compute(long[][] added) {
    int count = added[0].length;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      long[] flat = Arrays.stream(added).flatMapToLong(Arrays::stream).toArray();
      NDArray tokens = HostValues.on(manager).create(flat, new Shape(sequences, count));
      Optional<NativeLanguageModel> program = block.program(tokens);
      float[] logits;
      if (program.isPresent()) {
        reserve((int) Math.min(config.reach(), start + count));
        NDList weights = new NDList(block.weights(store, tokens.getDevice(), false).values());
        logits = program.get().decode(tokens, weights, keys, values, start);
      } else {
        if (portable == null) {
          portable = new KeyValues(manager, config.reach());
        }
        NDArray all =
            block.portable(
                block.weights(store, tokens.getDevice(), false), tokens, false, portable);
        portable.advance(count);
        logits = HostValues.read(all.get(":, {}", count - 1), NDArray::toFloatArray);
      }
      start += count;
      int vocabulary = logits.length / sequences;
      float[][] rows = new float[sequences][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary));
      return rows;
    }
  }

  /** Makes the caches of the program larger, twice as large each time, up to the reach. */
  private void reserve(int slots) {
    long has = keys.isEmpty() ? 0 : keys.get(0).getShape().get(2);
    if (slots <= has) {
      return;
    }
    long larger = Math.min(config.reach(), Math.max(slots, Math.max(FIRST_SLOTS, 2 * has)));
    DataType type = block.getParameters().valueAt(0).getArray().getDataType();
    for (NDList caches : new NDList[] {keys, values}) {
      for (int i = 0; i < config.layers(); i++) {
        Shape one = config.cacheShape(larger);
        NDArray cache = manager.zeros(new Shape(sequences).addAll(one.slice(1)), type);
        NDScope.unregister(cache);
        if (has == 0) {
          caches.add(cache);
        } else {
          cache.set(new NDIndex(":, :, 0:{}", has), caches.get(i));
          caches.set(i, cache).close();
        }
      }
    }
  }

  /** Frees the caches. */
  @Override
  public void close() {
    manager.close();
  }
}
