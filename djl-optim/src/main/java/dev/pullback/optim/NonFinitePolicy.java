package dev.pullback.optim;

/**
 * What to do with a step whose values cannot be used: a gradient, trace or loss that is not finite,
 * a gradient whose squares, after clipping, add up beyond its type's range (a norm of about 1.8e19
 * in float32), or a loss that is not positive under the log embedding. Either way weights and state
 * stay as they were and the gradients of the step are cleared.
 */
public enum NonFinitePolicy {
  /** Throw a {@link ai.djl.TrainingDivergedException} that names the value and the step. */
  RAISE,
  /**
   * Leave the step out and count it in {@link StepOptimizer#skippedSteps()}. After {@link
   * StepOptimizerBuilder#optMaxSkippedSteps} of them in a row the exception is raised all the same.
   *
   * <p>DJL's {@code DivergenceCheckTrainingListener}, one of {@code TrainingListener.Defaults},
   * ends training as soon as the mean training loss is NaN, before a step can be left out. The loss
   * that {@link StepOptimizer#observe} returns therefore leaves training batches whose loss is not
   * finite out of that mean, which is infinite as long as there are no others. With a loss that is
   * not observed, train without that listener.
   */
  SKIP
}
