package dev.pullback.train;

/** What the program's processes end with. */
public final class ExitStatus {

  public static final int COMPLETE = 0;
  public static final int FAILED = 1;
  public static final int BAD_INPUT = 2;

  /** Of a rank that lost another one, as {@code EX_TEMPFAIL}. */
  public static final int LOST = 75;

  /** What ends by a signal has a status above this. */
  public static final int SIGNAL = 128;

  /** Of what was stopped by Ctrl-C, and has saved. */
  public static final int INTERRUPTED = SIGNAL + 2;

  /** Of what was told to end, and has saved. */
  public static final int TERMINATED = SIGNAL + 15;

  private ExitStatus() {}
}
