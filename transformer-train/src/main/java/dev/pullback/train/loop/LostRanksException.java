package dev.pullback.train.loop;

import java.io.IOException;

/** Another process of the run is gone, or does not answer; the run can go on from a checkpoint. */
public final class LostRanksException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param cause what the collective said
   */
  public LostRanksException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
