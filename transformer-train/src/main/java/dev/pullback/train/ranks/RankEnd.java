package dev.pullback.train.ranks;

import dev.pullback.train.ExitStatus;
import java.io.Serializable;

/**
 * How a rank's process ended.
 *
 * @param rank its number
 * @param status its exit status; above 128 where a signal ended it
 * @param message the last that it printed and nobody saw; empty for none
 */
public record RankEnd(int rank, int status, String message) implements Serializable {

  private static final int ENDED_BY_XGBOOST = 255;

  /** Whether it ended because another one did; XGBoost ends ranks of other machines itself. */
  boolean lostAnother() {
    return status == ExitStatus.LOST || status == ENDED_BY_XGBOOST;
  }

  /** Puts the end into words. */
  String words() {
    return status > ExitStatus.SIGNAL && status != ENDED_BY_XGBOOST
        ? "ended by signal " + (status - ExitStatus.SIGNAL)
        : "ended with status " + status;
  }
}
