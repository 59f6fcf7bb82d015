package dev.pullback.train.cli;

import dev.pullback.train.report.StudyFit;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pullback study fit}. */
@Command(
    name = "fit",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Fits scaling laws to the language models of a study, and writes them to fit.md and"
            + " fit.json: efficiencies, speed-ups, tuned hyperparameters, the largest size"
            + " predicted from the others, and what is not evaluated yet.")
final class StudyFitCommand extends StudySubcommand {

  @Option(
      names = "--baseline",
      paramLabel = "NAME",
      defaultValue = "adamw",
      description =
          "What efficiencies are relative to, by its name in the plan. Default: ${DEFAULT-VALUE}.")
  private String baseline;

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "NAME",
      description = "Fit laws of the loss to these sizes of the plan only. Default: all.")
  private Set<String> sizes = new LinkedHashSet<>();

  @Option(
      names = "--draws",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "How often seeds are resampled; with few, intervals are unbounded. Default:"
              + " ${DEFAULT-VALUE}.")
  private int draws;

  @Override
  public Integer call() throws IOException {
    Study study = read();
    StudyFit fit = StudyFit.of(study, baseline, sizes, draws);
    String text = fit.markdown();
    say(text);
    say("Fits: " + study.write("fit.md", text));
    say("Numbers: " + study.write("fit.json", fit.json()));
    return 0;
  }
}
