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
import java.util.Arrays;
import java.util.Optional;

/**
 * Computes what a language model expects next, and remembers the keys and values of what it has
 * seen, so that a sequence that grows costs one token a time, however long it is.
 *
 * <p>Beyond the context, a model with positions relative to each other goes on: a token sees the
 * latest {@link LanguageModelConfig#reach} tokens, and the memory is a ring. A model that numbers
 * the positions of its context starts anew with the latter half of it whenever it is full.
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

  // Of a sequence that begins anew: the latest tokens, at most a context; how many it has in all;
  // and which of them is at position 0.
  private long[] latest = {};
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
   * Appends tokens to the sequence.
   *
   * @param tokens at least one; if the sequence is empty and they are more than a context, the last
   *     context of them is taken
   * @return the logits after the last of them, one number per token of the vocabulary
   * @throws IllegalArgumentException if there are none
   */
  public float[] append(long... tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("At least one token is needed");
    }
    int context = config.context();
    long[] added = tokens;
    if (config.slides()) {
      added = start == 0 ? last(tokens, context) : tokens;
    } else {
      length += tokens.length;
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
    float[] logits = null;
    // At once what does not overwrite what it still has to see.
    for (int i = 0; i < added.length; ) {
      int end = (int) Math.min(added.length, Math.max(i + 1L, i + config.reach() - start));
      logits = compute(Arrays.copyOfRange(added, i, end));
      i = end;
    }
    return logits;
  }

  private static long[] last(long[] tokens, int count) {
    return Arrays.copyOfRange(tokens, Math.max(0, tokens.length - count), tokens.length);
  }

  private static long[] concat(long[] first, long[] second) {
    long[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private void forget() {
    start = 0;
    if (portable != null) {
      portable.close();
      portable = null;
    }
  }

  private float[] compute(long[] added) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray tokens = HostValues.on(manager).create(added, new Shape(1, added.length));
      Optional<NativeLanguageModel> program = block.program(tokens);
      float[] logits;
      if (program.isPresent()) {
        reserve((int) Math.min(config.reach(), start + added.length));
        NDList weights = new NDList(block.weights(store, tokens.getDevice(), false).values());
        logits = program.get().decode(tokens, weights, keys, values, start);
      } else {
        if (portable == null) {
          portable = new KeyValues(manager, config.reach());
        }
        NDArray all =
            block.portable(
                block.weights(store, tokens.getDevice(), false), tokens, false, portable);
        portable.advance(added.length);
        logits = all.get("0, {}", added.length - 1).toFloatArray();
      }
      start += added.length;
      return logits;
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
        NDArray cache = manager.zeros(config.cacheShape(larger), type);
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
