package dev.pullback.cluster;

import java.io.Serializable;

/**
 * How a worker's process for a trial ended.
 *
 * @param work what it was to do
 * @param end how
 * @param message the last lines that it printed, or what went wrong
 */
record Outcome(Work work, End end, String message) implements Serializable {

  enum End {
    /** The trial is where it was to go. */
    COMPLETE,
    /** Somebody wanted it to stop; it goes on from its checkpoint. */
    STOPPED,
    /** It could not be run here, such as for want of its data. */
    REFUSED,
    /** The process died twice. */
    CRASHED
  }
}
