package dev.pullback.train.evaluate;

/**
 * How many questions a model answered rightly.
 *
 * @param questions how many there were
 * @param right how often the right ending was the most probable one
 * @param rightPerCharacter how often it was the one with the largest log likelihood per character
 */
public record ChoiceScore(long questions, long right, long rightPerCharacter) {

  /**
   * Returns the share of right answers, {@code acc} of lm-evaluation-harness.
   *
   * @return from 0 to 1
   */
  public double accuracy() {
    return (double) right / questions;
  }

  /**
   * Returns the share of right answers by the log likelihood per character, {@code acc_norm} of
   * lm-evaluation-harness.
   *
   * @return from 0 to 1
   */
  public double normalizedAccuracy() {
    return (double) rightPerCharacter / questions;
  }

  /**
   * Returns the standard error of a share of the questions.
   *
   * @param share from 0 to 1
   * @return the standard deviation of its mean, with n - 1; NaN for one question
   */
  public double standardError(double share) {
    return Math.sqrt(share * (1 - share) / (questions - 1));
  }
}
