package dev.pullback.optim;

import ai.djl.TrainingDivergedException;

/** The steps whose values could not be used, and when there are too many. */
final class SkippedSteps {

  private final StepSettings settings;
  private long count;
  private long inARow;

  SkippedSteps(StepSettings settings) {
    this.settings = settings;
  }

  /**
   * Counts a step that is left out.
   *
   * @param cause what was wrong with its values
   * @throws TrainingDivergedException if the policy is to raise, or if it is one too many in a row
   */
  void add(TrainingDivergedException cause) {
    if (settings.nonFinite() == NonFinitePolicy.RAISE) {
      throw cause;
    }
    if (inARow == settings.maxSkippedSteps()) {
      throw new TrainingDivergedException(
          "%s. %d steps in a row were left out before it, which is the limit (optMaxSkippedSteps)"
              .formatted(cause.getMessage(), inARow),
          cause);
    }
    inARow++;
    count++;
  }

  /** A step was taken. */
  void endRow() {
    inARow = 0;
  }

  long count() {
    return count;
  }
}
