package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.report.StudyReport;
import dev.pullback.train.report.StudyStatus;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback study}. */
@Command(
    name = "study",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Tunes optimisers with equal budgets and compares them on fresh seeds.",
    footer = {
      "",
      "Examples:",
      "  pullback study plan docs/studies/nanogpt-cpu.yaml --out runs/study",
      "  pullback study run --out runs/study --jobs 2",
      "  pullback study report --out runs/study"
    })
final class StudyCommand {

  private static final String OUT = "Folder of the study.";
  private static final double HOUR = 3600;

  @Spec private CommandSpec spec;

  @Command(
      name = "plan",
      mixinStandardHelpOptions = true,
      description = "Writes the trials of a plan, and measures what they will take.")
  int plan(
      @Parameters(paramLabel = "PLAN", description = "YAML file; docs/studies has examples.")
          Path plan,
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out)
      throws IOException {
    Study.start(plan, out);
    Study study = open(out, () -> false);
    load(study);
    study.writeTrials();
    int trials = 0;
    double seconds = 0;
    for (Map.Entry<String, Study.Cost> entry : study.measure().entrySet()) {
      Study.Cost cost = entry.getValue();
      trials += cost.trials();
      seconds += cost.trials() * cost.secondsPerTrial();
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
    say("Run them with: pullback study run --out " + out);
    return 0;
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = {
        "Runs the trials that are not complete, tuning first, then the best again on fresh seeds.",
        "Several processes may run one study."
      })
  int run(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out,
      @Option(
              names = "--jobs",
              paramLabel = "N",
              defaultValue = "1",
              description =
                  "Processes, a trial each; give each few threads. Default: ${DEFAULT-VALUE}.")
          int jobs,
      @Option(names = "--keep-checkpoints", description = "Keep those of complete trials too.")
          boolean keep)
      throws IOException {
    InputException.atLeast("--jobs", jobs, 1);
    try (StopSignal stop = new StopSignal()) {
      Study study = open(out, stop::requested);
      load(study);
      boolean complete;
      try (Workers workers = new Workers(jobs - 1, worker(out, keep))) {
        complete = study.run(keep);
        if (complete) {
          workers.await();
        }
      }
      if (stop.requested()) {
        say("Stopped. The same command goes on from here.");
        return Main.INTERRUPTED;
      }
      say(
          complete
              ? "Complete. See: pullback study report --out " + out
              : "Some trials could not be run; the same command tries them again.");
      return complete ? 0 : Main.FAILED;
    }
  }

  private static List<String> worker(Path out, boolean keep) {
    List<String> arguments = new ArrayList<>(List.of("study", "run", "--out", out.toString()));
    if (keep) {
      arguments.add("--keep-checkpoints");
    }
    return arguments;
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Tells how many trials are done, and how long the rest may take.")
  int status(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out)
      throws IOException {
    say(StudyStatus.of(quiet(out)));
    return 0;
  }

  @Command(
      name = "report",
      mixinStandardHelpOptions = true,
      description = "Prints what came out so far, and writes it to report.md.")
  int report(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out,
      @Option(
              names = "--baseline",
              paramLabel = "NAME",
              defaultValue = "adamw",
              description =
                  "What the others are compared with, by its name in the plan. Default:"
                      + " ${DEFAULT-VALUE}.")
          String baseline)
      throws IOException {
    Study study = quiet(out);
    String report = StudyReport.of(study, baseline);
    say(report);
    say("Report: " + study.write("report.md", report));
    return 0;
  }

  private Study open(Path out, BooleanSupplier stop) {
    return new Study(out, command(), stop, this::say);
  }

  private Study quiet(Path out) {
    return new Study(out, command(), () -> false, line -> {});
  }

  private static void load(Study study) {
    RunConfig config = study.plan().anyConfig();
    config.engine().load(config.options().threads);
  }

  private String command() {
    return "./pullback "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private void say(String line) {
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.println(line);
    terminal.flush();
  }
}
