package dev.pullback.train.data;

import dev.pullback.train.SplitMix64;
import java.util.SplittableRandom;

/**
 * Random training windows. Each batch depends only on (seed, step, batch within the step), so a
 * resumed run draws what the uninterrupted one would have drawn.
 *
 * @param seed the run's seed
 * @param tokens length of the stream, above {@code context}
 * @param context tokens per window
 */
public record WindowSampler(long seed, long tokens, int context) {

  /**
   * Draws where the windows of a batch begin.
   *
   * @param step the step, from 1
   * @param part which of the step's accumulated batches, from 0
   * @param batch number of windows
   * @return the starts, each at least 0 and followed by context + 1 tokens
   */
  public long[] starts(long step, int part, int batch) {
    SplittableRandom random = new SplittableRandom(SplitMix64.mix(seed, step, part));
    long ends = tokens - context;
    // Streams that ints can count draw what they drew when there were no longer ones.
    return ends <= Integer.MAX_VALUE
        ? random.ints(batch, 0, (int) ends).asLongStream().toArray()
        : random.longs(batch, 0, ends).toArray();
  }
}
