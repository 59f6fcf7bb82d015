package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import java.util.Arrays;
import java.util.Optional;

/**
 * Computes what a {@link LanguageModelBlock} expects next, and remembers the keys and values of
 * what it has seen, so that a sequence that grows costs one token a time. On the portable path it
 * remembers nothing.
 */
public final class CachedDecoder implements AutoCloseable {

  private final LanguageModelBlock block;
  private final ParameterStore store;
  private final NDManager manager;
  private final NDList keys = new NDList();
  private final NDList values = new NDList();
  private long[] seen = {};

  /**
   * Creates a decoder.
   *
   * @param block an initialised block; stays the caller's
   * @param store where it finds its weights
   * @param manager the parent of the manager that owns the caches
   */
  public CachedDecoder(LanguageModelBlock block, ParameterStore store, NDManager manager) {
    this.block = block;
    this.store = store;
    this.manager = manager.newSubManager();
  }

  /**
   * Returns the logits after a sequence.
   *
   * @param tokens at least one and at most {@link LanguageModelConfig#context} tokens; quick if
   *     they continue those of the last call
   * @return one number per token of the vocabulary
   */
  public float[] logits(long[] tokens) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray whole = HostValues.on(manager).create(tokens, new Shape(1, tokens.length));
      Optional<NativeLanguageModel> program = block.program(whole);
      if (program.isEmpty()) {
        NDArray logits = block.forward(store, new NDList(whole), false).singletonOrThrow();
        return logits.get("0, {}", tokens.length - 1).toFloatArray();
      }
      int start = continues(tokens) ? seen.length : 0;
      long[] added = Arrays.copyOfRange(tokens, start, tokens.length);
      if (keys.isEmpty()) {
        createCaches();
      }
      float[] logits =
          program
              .get()
              .decode(
                  HostValues.on(manager).create(added, new Shape(1, added.length)),
                  block.weights(store, whole.getDevice(), false),
                  keys,
                  values,
                  start);
      seen = tokens.clone();
      return logits;
    }
  }

  private boolean continues(long[] tokens) {
    return seen.length < tokens.length
        && Arrays.equals(seen, 0, seen.length, tokens, 0, seen.length);
  }

  private void createCaches() {
    LanguageModelConfig config = block.config();
    Shape shape = config.cacheShape(config.context());
    DataType type = block.getParameters().valueAt(0).getArray().getDataType();
    for (int i = 0; i < config.layers(); i++) {
      for (NDList cache : new NDList[] {keys, values}) {
        NDArray zeros = manager.zeros(shape, type);
        NDScope.unregister(zeros);
        cache.add(zeros);
      }
    }
  }

  /** Frees the caches. */
  @Override
  public void close() {
    manager.close();
  }
}
