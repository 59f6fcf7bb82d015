package dev.pullback.train.loop;

/** Hears what a run does, to show it to a person. */
public interface RunListener {

  /**
   * The run is about to take its first step.
   *
   * @param step steps already taken by an earlier part of the run
   * @param maxSteps steps of the whole run
   */
  void onBegin(long step, long maxSteps);

  /**
   * A step was taken.
   *
   * @param step its number, from 1
   * @param loss its training loss in nats per token
   * @param tokensPerSecond the recent speed of training steps
   */
  void onStep(long step, double loss, double tokensPerSecond);

  /**
   * The whole validation split was evaluated.
   *
   * @param step steps taken
   * @param loss its mean loss in nats per token
   */
  void onValidation(long step, double loss);

  /**
   * Something worth a line.
   *
   * @param message the line
   */
  void onMessage(String message);

  /** The last step was taken, or the run was stopped. */
  void onEnd();
}
