package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What the portable forward passes of all families share: weights, the mask and attention. */
abstract class PortablePass {

  final NDArray tokens;
  final boolean training;
  final NDManager manager;
  final long batch;
  final long time;

  /** How many tokens came before. */
  final long start;

  final EngineSupport engine;

  /** (time, keys): 0 where a position may look, a number that softmax turns into 0 elsewhere. */
  final NDArray mask;

  private final LanguageModelBlock block;
  private final Map<String, NDArray> weights;
  private final KeyValues seen;

  /**
   * Begins a pass.
   *
   * @param weights by name
   * @param tokens (batch, time)
   * @param seen the keys and values of what came before, which the pass adds to; null where nothing
   *     came and nothing is to be remembered
   */
  PortablePass(
      LanguageModelBlock block,
      Map<String, NDArray> weights,
      NDArray tokens,
      boolean training,
      KeyValues seen) {
    this.block = block;
    this.weights = weights;
    this.tokens = tokens;
    this.training = training;
    this.seen = seen;
    manager = tokens.getManager();
    batch = tokens.getShape().get(0);
    time = tokens.getShape().get(1);
    start = seen == null ? 0 : seen.tokens();
    engine = EngineSupport.of(tokens);
    mask = mask(seen == null ? 0 : seen.kept());
  }

  final NDArray weight(String name) {
    return weights.get(name);
  }

  final boolean remembers() {
    return seen != null;
  }

  private NDArray mask(int kept) {
    int reach = block.config().reach();
    float[] values =
        new float
            [ArrayLength.of(
                "the mask of " + time + " tokens",
                "lower --context",
                Float.BYTES,
                time,
                kept + time)];
    int rows = (int) time;
    int columns = kept + rows;
    for (int row = 0; row < rows; row++) {
      int own = row * columns + kept + row;
      Arrays.fill(values, own + 1, (row + 1) * columns, -1e30f);
      Arrays.fill(values, row * columns, Math.max(row * columns, own - reach + 1), -1e30f);
    }
    return HostValues.on(manager).create(values, new Shape(rows, columns));
  }

  /**
   * Softmax attention, with what the layer remembers.
   *
   * @param layer which layer
   * @param q queries (batch, time, heads, head width)
   * @param k keys (batch, time, heads of keys and values, head width)
   * @param v values, likewise
   * @param dropout applied to the attention weights
   * @return the heads' mixed values, joined: (batch, time, heads · head width)
   */
  final NDArray mix(int layer, NDArray q, NDArray k, NDArray v, UnaryOperator<NDArray> dropout) {
    long heads = q.getShape().get(2);
    long kvHeads = k.getShape().get(2);
    long width = q.getShape().get(3);
    NDList all = new NDList(k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3));
    if (seen != null) {
      all = seen.extend(layer, all.get(0), all.get(1));
    }
    long columns = all.get(0).getShape().get(2);
    // The heads of queries that share a head of keys follow each other: one after the other in
    // time.
    NDArray queries =
        engine
            .multiply(q, 1 / Math.sqrt((double) width))
            .transpose(0, 2, 1, 3)
            .reshape(new Shape(batch, kvHeads, heads / kvHeads * time, width));
    NDArray scores =
        queries
            .matMul(all.get(0).transpose(0, 1, 3, 2))
            .reshape(new Shape(batch, heads, time, columns))
            .add(mask);
    NDArray shares =
        dropout
            .apply(scores.softmax(-1))
            .reshape(new Shape(batch, kvHeads, heads / kvHeads * time, columns));
    return shares
        .matMul(all.get(1))
        .reshape(new Shape(batch, heads, time, width))
        .transpose(0, 2, 1, 3)
        .reshape(new Shape(batch, time, heads * width));
  }
}
