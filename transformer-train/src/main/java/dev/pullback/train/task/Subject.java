package dev.pullback.train.task;

import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * A data set with its model.
 *
 * @param metric what {@link Workload#score} measures
 * @param goal which values of the metric are good
 * @param epochs the paper's number of epochs
 * @param data loads the data, the first time it is asked for; throws {@link
 *     dev.pullback.train.InputException} if they cannot be had
 */
public record Subject(String metric, Goal goal, int epochs, Supplier<Data> data) {

  /** Returns the data. */
  public Data load() {
    return data.get();
  }

  /**
   * What is in memory.
   *
   * @param examples how many there are to train on
   * @param workload creates a model and its batches, to be closed, from a seed of initial weights
   *     and order
   */
  public record Data(int examples, LongFunction<Workload> workload) {}
}
