package dev.pullback.train.experiment;

/** A data set with its model. */
interface Subject {

  /** Returns what {@link Workload#score} measures. */
  String metric();

  /** Returns which values of the metric are good. */
  Goal goal();

  /** Returns the paper's number of epochs. */
  int epochs();

  /**
   * Creates a model and its batches.
   *
   * @param seed where initial weights and order come from
   * @return the workload, to be closed
   */
  Workload create(long seed);
}
