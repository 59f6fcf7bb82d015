package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;

/** The keys and values of the latest tokens of a sequence, layer by layer, for portable passes. */
final class KeyValues implements AutoCloseable {

  private final NDManager manager;
  private final int most;
  private final NDList keys = new NDList();
  private final NDList values = new NDList();
  private long tokens;

  /**
   * Creates an empty memory.
   *
   * @param manager the parent of the manager that owns the arrays
   * @param most how many tokens are kept
   */
  KeyValues(NDManager manager, int most) {
    this.manager = manager.newSubManager();
    this.most = most;
  }

  /** Returns how many tokens the sequence has. */
  long tokens() {
    return tokens;
  }

  /** Returns how many of them are kept. */
  int kept() {
    return (int) Math.min(most, tokens);
  }

  /** Counts tokens whose keys and values were added by {@link #extend}, layer by layer. */
  void advance(long count) {
    tokens += count;
  }

  /** Makes several sequences of the one that there is, within an open scope. */
  void repeat(int count) {
    repeat(keys, count, manager);
    repeat(values, count, manager);
  }

  /** Repeats each array of a list along its first axis, within an open scope. */
  static void repeat(NDList arrays, int count, NDManager owner) {
    for (int i = 0; i < arrays.size(); i++) {
      NDArray repeated = arrays.get(i).repeat(0, count);
      NDScope.unregister(repeated);
      repeated.attach(owner);
      arrays.set(i, repeated).close();
    }
  }

  /**
   * Appends keys and values (batch, heads, time, width) in one layer.
   *
   * @return all keys and values that the layer has now, before the oldest are forgotten
   */
  NDList extend(int layer, NDArray key, NDArray value) {
    return new NDList(extend(keys, layer, key), extend(values, layer, value));
  }

  private NDArray extend(NDList kept, int layer, NDArray added) {
    NDArray all = layer < kept.size() ? kept.get(layer).concat(added, 2) : added;
    long length = all.getShape().get(2);
    NDArray rest =
        length > most
            ? all.get(new NDIndex(":, :, {}:", length - most)).duplicate()
            : all.duplicate();
    NDScope.unregister(rest);
    rest.attach(manager);
    if (layer < kept.size()) {
      kept.set(layer, rest).close();
    } else {
      kept.add(rest);
    }
    return all;
  }

  @Override
  public void close() {
    manager.close();
  }
}
