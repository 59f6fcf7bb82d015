package dev.pullback.train.config;

import ai.djl.training.tracker.CosineTracker;
import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;

/** How the learning rate moves after its linear warm-up. */
public enum LearningRateSchedule {
  CONSTANT {
    @Override
    Tracker decay(float peak, float last, int steps) {
      return Tracker.fixed(peak);
    }
  },
  LINEAR {
    @Override
    Tracker decay(float peak, float last, int steps) {
      return step -> peak + (last - peak) * Math.min(1, (float) step / steps);
    }
  },
  COSINE {
    @Override
    Tracker decay(float peak, float last, int steps) {
      return CosineTracker.builder()
          .setBaseValue(peak)
          .optFinalValue(last)
          .setMaxUpdates(steps)
          .build();
    }
  };

  abstract Tracker decay(float peak, float last, int steps);

  /**
   * Builds the schedule over a whole run.
   *
   * @param peak the learning rate at the end of the warm-up, above 0
   * @param finalFraction where the decay ends, as a fraction of the peak in [0, 1)
   * @param warmupSteps steps of warm-up, fewer than {@code maxSteps}
   * @param maxSteps steps of the run
   */
  public Tracker over(double peak, double finalFraction, int warmupSteps, int maxSteps) {
    Tracker main =
        decay((float) peak, (float) (peak * finalFraction), Math.max(1, maxSteps - warmupSteps));
    if (warmupSteps == 0) {
      return main;
    }
    return WarmUpTracker.builder().setMainTracker(main).optWarmUpSteps(warmupSteps).build();
  }
}
