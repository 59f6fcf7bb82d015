package dev.pullback.train.study;

import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.loop.Stepper;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Workload;
import java.util.function.BooleanSupplier;

/**
 * What a size of a study takes on this machine.
 *
 * @param secondsPerStep of a training step
 * @param secondsPerTrial of all steps and evaluations
 * @param trials of all optimisers
 * @param seconds of all trials, if other optimisers take the same
 */
public record SizeCost(double secondsPerStep, double secondsPerTrial, int trials, double seconds) {

  /** The first steps compile and allocate. */
  private static final int WARMUP_STEPS = 5;

  private static final int MEASURED_STEPS = 20;

  /**
   * Takes some steps, and evaluates.
   *
   * @param config of a trial; its engine is loaded
   * @param data the trial's
   * @param size the cells of the size
   * @param plan theirs
   * @param stop asked during evaluations whether to stop
   */
  static SizeCost measure(
      RunConfig config,
      TaskData data,
      Iterable<StudyCell> size,
      StudyPlan plan,
      BooleanSupplier stop) {
    RunOptions options = config.options();
    try (Workload work = data.workload(config, true)) {
      int steps = config.steps(work.stepsPerEpoch(), work.examplesPerStep());
      try (Stepper stepper = new Stepper(work, options.accumulate, 1, config.optimizer(steps))) {
        long began = System.nanoTime();
        for (int step = 1; step <= WARMUP_STEPS + MEASURED_STEPS; step++) {
          stepper.step(step);
          if (step == WARMUP_STEPS) {
            began = System.nanoTime();
          }
        }
        double perStep = seconds(began) / MEASURED_STEPS;
        double perEvaluation = evaluation(work, options.evalIters, stop);
        double last =
            options.finalEvalIters == null
                ? perEvaluation
                : evaluation(work, options.finalEvalIters, stop);
        int before = options.evalInterval > 0 ? (steps - 1) / options.evalInterval : 0;
        double perTrial = steps * perStep + before * perEvaluation + last;
        int trials = 0;
        double whole = 0; // trials, those that the rule ends counted in part
        for (StudyCell cell : size) {
          trials += cell.planned();
          whole += plan.work(cell.size(), cell.entry(), steps);
        }
        return new SizeCost(perStep, perTrial, trials, perTrial * whole);
      }
    }
  }

  private static double evaluation(Workload work, int evalIters, BooleanSupplier stop) {
    long began = System.nanoTime();
    work.evaluate(evalIters, stop);
    return seconds(began);
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) * 1e-9;
  }
}
