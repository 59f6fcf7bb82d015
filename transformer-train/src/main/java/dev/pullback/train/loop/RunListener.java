package dev.pullback.train.loop;

import dev.pullback.optim.StepReport;
import dev.pullback.train.config.Backend;
import dev.pullback.train.model.Precision;
import dev.pullback.train.task.Score;

/** Hears what a run does, to show it to a person. */
public interface RunListener {

  /**
   * What is about to be trained.
   *
   * @param step steps already taken by an earlier part of the run
   * @param maxSteps steps of the whole run
   * @param weights all weights of the model
   * @param parameters those that are trained
   * @param memoryBytes weights, gradients, optimiser state and what the backward pass keeps,
   *     estimated from below
   * @param examplesPerStep tokens, images or rows of a step
   * @param flopsPerStep estimated floating-point operations of a step; 0 where nobody would ask
   * @param ranks processes that share a step
   * @param backend where it is computed
   * @param precision the format of most of the work
   */
  record Plan(
      long step,
      long maxSteps,
      long weights,
      long parameters,
      double memoryBytes,
      long examplesPerStep,
      double flopsPerStep,
      int ranks,
      Backend backend,
      Precision precision) {}

  /**
   * Where the run stands.
   *
   * @param step steps taken
   * @param loss the latest training loss that was read, every {@code --log-interval} steps; NaN
   *     before the first
   * @param stepsPerSecond the recent speed of training steps
   */
  record Progress(long step, double loss, double stepsPerSecond) {}

  /**
   * The run is about to take its first step.
   *
   * @param plan what is about to be trained
   */
  void onBegin(Plan plan);

  /**
   * A step was taken.
   *
   * @param progress where the run stands
   */
  void onStep(Progress progress);

  /**
   * A step was measured, as {@code metrics.jsonl} has it; {@link #onStep} of the step follows.
   *
   * @param step steps taken
   * @param report what the step did
   */
  default void onReport(long step, StepReport report) {}

  /**
   * The held-out data were measured.
   *
   * @param step steps taken
   * @param score what came out
   */
  void onValidation(long step, Score score);

  /**
   * Something worth a line.
   *
   * @param message the line
   */
  void onMessage(String message);

  /** The last step was taken, or the run was stopped. */
  void onEnd();
}
