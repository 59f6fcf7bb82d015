package dev.pullback.cluster;

import java.io.Serializable;

/**
 * How a worker's process for a trial ended.
 *
 * @param trial the trial's folder, relative to the study's
 * @param end how
 * @param message the last lines that it printed, or what went wrong
 */
record Outcome(String trial, End end, String message) implements Serializable {

  enum End {
    /** The trial has its row. */
    COMPLETE,
    /** Somebody wanted it to stop; it goes on from its checkpoint. */
    STOPPED,
    /** It could not be run here, such as for want of its data. */
    REFUSED,
    /** The process died twice. */
    CRASHED
  }
}
