package dev.pullback.train.task;

import java.util.Collections;
import java.util.SortedMap;

/**
 * How good a model is on the held-out data.
 *
 * @param loss the mean loss, as it is trained on; NaN where only the metric is measured
 * @param paper the task's metric over whole batches only, as the paper measured; NaN where there is
 *     no whole batch
 * @param full the metric over everything that was measured
 * @param more what else there is, by name
 */
public record Score(double loss, double paper, double full, SortedMap<String, Double> more) {

  /** Names, among the rest, the loss on a text in bits per byte of its UTF-8. */
  public static final String BITS_PER_BYTE = "bits_per_byte";

  /**
   * A score with nothing else.
   *
   * @param loss the mean loss, or NaN
   * @param paper the metric over whole batches
   * @param full the metric over everything
   */
  public Score(double loss, double paper, double full) {
    this(loss, paper, full, Collections.emptySortedMap());
  }
}
