package dev.pullback.train.cli;

import dev.pullback.train.loop.MachineSpeed;
import dev.pullback.train.loop.RunListener.Plan;
import dev.pullback.train.loop.RunListener.Progress;
import java.util.Locale;

/** Puts the size and the speed of a run into words. */
final class Speed {

  private static final double GIGA = 1e9;

  private final Plan plan;
  private final double machine;

  /** Measures the machine, if the model's operations are known. */
  Speed(Plan plan) {
    this.plan = plan;
    this.machine =
        plan.flopsPerStep() > 0
            ? MachineSpeed.flopsPerSecond(plan.backend(), plan.precision())
            : Double.NaN;
  }

  /** Says what a step is made of. */
  String plan() {
    String sizes =
        String.format(
            Locale.ROOT,
            "%s parameters, at least %,.0f MB of memory, %,d examples or tokens per step",
            parameters(),
            Math.ceil(plan.memoryBytes() / 1e6),
            plan.examplesPerStep());
    return Double.isNaN(machine)
        ? sizes
        : sizes
            + String.format(
                Locale.ROOT,
                ", %.3g GFLOP per step; %s multiplies matrices at %.0f GFLOP/s",
                plan.flopsPerStep() / GIGA,
                plan.backend(),
                machine / GIGA);
  }

  private String parameters() {
    return plan.weights() == plan.parameters()
        ? String.format(Locale.ROOT, "%,d", plan.weights())
        : String.format(Locale.ROOT, "%,d of %,d", plan.parameters(), plan.weights());
  }

  /** Says how fast steps are. */
  String of(Progress progress) {
    double examples = progress.stepsPerSecond() * plan.examplesPerStep();
    String speed = String.format(Locale.ROOT, "%,.0f tokens/s", examples);
    if (Double.isNaN(machine)) {
      return speed;
    }
    double flops = progress.stepsPerSecond() * plan.flopsPerStep();
    return speed
        + String.format(
            Locale.ROOT,
            ", %.0f GFLOP/s (%.0f %%)",
            flops / GIGA,
            100 * flops / (machine * plan.ranks()));
  }
}
