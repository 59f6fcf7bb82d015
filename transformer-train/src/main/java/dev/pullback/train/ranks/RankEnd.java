package dev.pullback.train.ranks;

import java.io.Serializable;

/**
 * How a rank's process ended.
 *
 * @param rank its number
 * @param status its exit status; above 128 where a signal ended it
 * @param message the last that it printed and nobody saw; empty for none
 */
public record RankEnd(int rank, int status, String message) implements Serializable {

  /** Exit status of a rank that lost another one, as {@code EX_TEMPFAIL}. */
  public static final int LOST = 75;

  private static final int ENDED_BY_XGBOOST = 255;

  /** What ends by a signal has a status above this. */
  private static final int SIGNAL = 128;

  /** Whether it ended because another one did; XGBoost ends ranks of other machines itself. */
  boolean lostAnother() {
    return status == LOST || status == ENDED_BY_XGBOOST;
  }

  /** Puts the end into words. */
  String words() {
    return status > SIGNAL && status != ENDED_BY_XGBOOST
        ? "ended by signal " + (status - SIGNAL)
        : "ended with status " + status;
  }
}
