package dev.pullback.train.scaling;

import java.util.Locale;

/** What an interval shows; pages take their sentences from it. */
public enum Verdict {
  /** The whole interval is on the good side. */
  BETTER,
  /** The whole interval is on the bad side. */
  WORSE,
  /** The interval has "no difference" in it, or nothing bounds it there. */
  NO_DIFFERENCE_SHOWN;

  /**
   * Judges a difference of losses, a's less b's.
   *
   * @param difference in nats per token
   * @return whether a is better than b
   */
  public static Verdict ofDifference(Estimate difference) {
    return of(-difference.high(), -difference.low());
  }

  /**
   * Judges a speed-up of a over b.
   *
   * @param speedUp tokens that b needs over tokens that a needs
   * @return whether a is better than b
   */
  public static Verdict ofSpeedUp(Estimate speedUp) {
    return of(speedUp.low() - 1, speedUp.high() - 1);
  }

  private static Verdict of(double worst, double best) {
    return worst > 0 ? BETTER : best < 0 ? WORSE : NO_DIFFERENCE_SHOWN;
  }

  /** Returns the verdict in words. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
