package dev.pullback.bench;

import dev.pullback.optim.Kernels;
import dev.pullback.train.config.Backend;
import java.io.PrintWriter;

/**
 * How long each of the first steps of an optimiser takes, whose steps do not all do the same work:
 * bases that are renewed now and then.
 */
final class FirstSteps {

  /** Three renewals of every tenth step, and the first. */
  private static final int STEPS = 31;

  private FirstSteps() {}

  /** Measures and prints a line of milliseconds. */
  static void print(String name, Backend backend, Tensors tensors, PrintWriter out) {
    out.printf("%n### First steps of %s, %s, ms%n%n", name, tensors.description());
    try (Weights weights = new Weights(backend, tensors);
        StepUnderTest step = StepUnderTest.of(name, weights, Kernels.AUTO)) {
      for (int i = 0; i < STEPS; i++) {
        weights.setGradients();
        long start = System.nanoTime();
        step.run();
        weights.await();
        out.printf("%.0f ", (System.nanoTime() - start) * 1e-6);
        out.flush();
      }
    }
    out.println();
  }
}
