package dev.pullback.train.cli;

import dev.pullback.train.study.SizeCost;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code pullback study plan}. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes the trials of a plan, and measures what they will take.")
final class StudyPlanCommand extends StudySubcommand {

  private static final double HOUR = 3600;

  @Parameters(paramLabel = "PLAN", description = "YAML file; docs/studies has examples.")
  private Path plan;

  @Override
  public Integer call() throws IOException {
    Study.start(plan, out);
    Study study = open(() -> false);
    load(study);
    study.writeTrials();
    int trials = 0;
    double seconds = 0;
    for (Map.Entry<String, SizeCost> entry : study.measure().entrySet()) {
      SizeCost cost = entry.getValue();
      trials += cost.trials();
      seconds += cost.seconds();
      say(
          String.format(
              Locale.ROOT,
              "Size %s: %d trials, %.4f s a step, %.1f s a trial",
              entry.getKey(),
              cost.trials(),
              cost.secondsPerStep(),
              cost.secondsPerTrial()));
    }
    say(
        String.format(
            Locale.ROOT,
            "%d trials, about %.2f hours one at a time if all optimisers take what the first does",
            trials,
            seconds / HOUR));
    int tuning = study.tuningTrials();
    say("Tuning is trials 0 to %d, evaluation %d to %d".formatted(tuning - 1, tuning, trials - 1));
    say("Run them with: pullback study run --out " + out);
    return 0;
  }
}
