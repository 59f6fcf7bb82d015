package dev.pullback.optim;

/** A rule whose step an engine may carry out by a native program. */
interface KernelRule extends UpdateRule {

  /** Returns whether there is a program for the rule's settings. */
  default boolean hasKernel() {
    return true;
  }

  /**
   * Describes the step as a native program.
   *
   * @param context the step; its gradients are neither rescaled nor clipped
   * @return the program with the rule's numbers
   * @throws ai.djl.TrainingDivergedException if a value makes the step unusable
   */
  Kernel kernel(StepContext context);
}
