package dev.pullback.cluster;

import java.io.Serializable;

/**
 * What a worker's process is to do.
 *
 * @param trial the trial's folder, relative to the study's
 * @param until the step of the evaluation after which it waits for others, or {@link #TO_ITS_END}
 */
record Work(String trial, long until) implements Serializable {

  /** As a study says it, whose classes workers do not have. */
  static final long TO_ITS_END = Long.MAX_VALUE;
}
