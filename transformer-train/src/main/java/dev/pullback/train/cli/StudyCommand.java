package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.report.StudyFit;
import dev.pullback.train.report.StudyReport;
import dev.pullback.train.report.StudyStatus;
import dev.pullback.train.study.SingleTrial;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.TrialCluster;
import dev.pullback.train.watch.WatchedStudy;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "  pullback study report --out runs/study",
      "  pullback study fit --out runs/study"
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

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = {
        "Runs the trials that are not complete, tuning first, then the best again on fresh seeds.",
        "Several processes may run one study."
      })
  @SuppressWarnings("try") // the server is there to be closed
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
          boolean keep,
      @Option(
              names = "--optimizers",
              split = ",",
              paramLabel = "NAME",
              description =
                  "Run the trials of these names in the plan only. Others may run elsewhere, or"
                      + " later.")
          List<String> optimizers,
      @Option(
              names = "--one",
              paramLabel = "TRIAL",
              description = {
                "Run this trial only: its folder, or its number from 0, as an array job has it;"
                    + " tuning comes first."
              })
          String one,
      @Option(
              names = "--until",
              paramLabel = "STEP",
              description =
                  "With --one and a folder: stop after the evaluation at this step, where trials are"
                      + " compared. A number goes as far as it can by itself.")
          Long until,
      @Option(
              names = "--master",
              paramLabel = "URL",
              description = {
                "Run on Apache Spark, a process a trial: local[2], spark://host:7077 and others;"
                    + " ./pullback downloads it then."
              })
          String master,
      @Option(
              names = "--results",
              paramLabel = "URI",
              description =
                  "With --master: a folder that all workers reach, on any of Hadoop's file systems,"
                      + " where --out is not one.")
          URI results,
      @Mixin ServeOptions serve)
      throws IOException {
    InputException.atLeast("--jobs", jobs, 1);
    requireOnePlace(one, master, jobs, results);
    if (optimizers != null && (one != null || master != null)) {
      throw new InputException("--optimizers excludes --one and --master");
    }
    if (until != null && (one == null || isNumber(one) || until < 1)) {
      throw new InputException("--until takes a step from 1, and --one with a folder");
    }
    try (StopSignal stop = new StopSignal();
        Closeable server = serve.start(() -> new WatchedStudy(out, quiet(out)), this::say)) {
      if (one != null) {
        return runOne(out, one, until, stop);
      }
      Study study = open(out, stop::requested);
      if (master != null) {
        TrialCluster.Job job = new TrialCluster.Job(study, out, master, results, keep);
        return ended(
            out, "The study is", TrialCluster.find().run(job, stop::requested, this::say), stop);
      }
      if (optimizers != null) {
        study.restrictTo(optimizers);
      }
      load(study);
      boolean complete;
      try (Workers workers = new Workers(jobs - 1, worker(out, keep, optimizers))) {
        complete = study.run(keep);
        if (complete) {
          workers.await();
        }
      }
      return ended(
          out,
          optimizers == null ? "The study is" : String.join(", ", optimizers) + ":",
          complete,
          stop);
    }
  }

  private static void requireOnePlace(String one, String master, int jobs, URI results) {
    if (one != null && (master != null || jobs > 1)) {
      throw new InputException("--one runs one trial here; leave --master and --jobs out");
    }
    if (master != null && jobs > 1) {
      throw new InputException(
          "--jobs %d and --master %s exclude each other; give a master such as local[%d]"
              .formatted(jobs, master, jobs));
    }
    if (results != null && master == null) {
      throw new InputException("--results needs --master");
    }
  }

  private int runOne(Path out, String one, Long until, StopSignal stop) throws IOException {
    Study.Open next =
        isNumber(one)
            ? quiet(out).trial(Integer.parseInt(one))
            : new Study.Open(one, until == null ? Study.Open.TO_ITS_END : until);
    if (next.until() == Study.Open.NOTHING) {
      say(next.folder() + " has nothing to run: it is over, or waits for others.");
      return 0;
    }
    SingleTrial trial = new SingleTrial(out, next.folder(), command(), stop::requested, this::say);
    trial.load();
    if (!trial.run(next.until())) {
      say("Stopped. The same command goes on from here.");
      return Main.INTERRUPTED;
    }
    say(
        next.until() == Study.Open.TO_ITS_END
            ? next.folder() + " is complete."
            : "%s is over, or at step %d.".formatted(next.folder(), next.until()));
    return 0;
  }

  /** Trials have numbers, and folders whose names are none. */
  private static boolean isNumber(String trial) {
    return trial.matches("[0-9]{1,9}");
  }

  private int ended(Path out, String what, boolean complete, StopSignal stop) {
    if (stop.requested()) {
      say("Stopped. The same command goes on from here.");
      return Main.INTERRUPTED;
    }
    say(
        complete
            ? "%s complete. See: pullback study report --out %s".formatted(what, out)
            : "Some trials could not be run; the same command tries them again.");
    return complete ? 0 : Main.FAILED;
  }

  @Command(
      name = "rerun",
      mixinStandardHelpOptions = true,
      description = {
        "Runs complete trials once more, in a folder of their own, and compares what was measured."
      })
  int rerun(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out,
      @Parameters(
              arity = "0..*",
              paramLabel = "TRIAL",
              description = "Folders or numbers of trials; none with --pick.")
          List<String> trials,
      @Option(
              names = "--pick",
              paramLabel = "N",
              description = "Choose so many of the complete trials by --seed.")
          Integer pick,
      @Option(
              names = "--seed",
              paramLabel = "N",
              defaultValue = "1",
              description = "Seed of --pick.")
          long seed,
      @Option(
              names = "--tolerance",
              paramLabel = "X",
              defaultValue = "0",
              description =
                  "Largest relative difference that counts as none, for another kind of machine."
                      + " Default: ${DEFAULT-VALUE}, bit for bit.")
          double tolerance)
      throws IOException {
    if ((pick == null) == (trials == null || trials.isEmpty())) {
      throw new InputException("give either trials or --pick N");
    }
    Study study = quiet(out);
    List<String> folders = pick == null ? trials : study.pick(pick, seed);
    boolean same = true;
    try (StopSignal stop = new StopSignal()) {
      for (String name : folders) {
        String folder = isNumber(name) ? study.trial(Integer.parseInt(name)).folder() : name;
        Path elsewhere = Files.createTempDirectory("pullback-rerun");
        SingleTrial trial = new SingleTrial(out, folder, command(), stop::requested, line -> {});
        trial.load();
        Optional<List<String>> differences = trial.repeat(elsewhere, tolerance);
        if (differences.isEmpty()) {
          say("Stopped.");
          return Main.INTERRUPTED;
        }
        same &= differences.get().isEmpty();
        say(describe(folder, differences.get(), tolerance) + " Kept in " + elsewhere);
      }
    }
    return same ? 0 : Main.FAILED;
  }

  private static String describe(String folder, List<String> differences, double tolerance) {
    if (!differences.isEmpty()) {
      return "%s: %d measurements differ, the first: %s."
          .formatted(folder, differences.size(), differences.get(0));
    }
    return tolerance == 0
        ? folder + ": every measurement is the same, bit for bit."
        : "%s: every measurement is the same within %s.".formatted(folder, tolerance);
  }

  private static List<String> worker(Path out, boolean keep, List<String> optimizers) {
    List<String> arguments = new ArrayList<>(List.of("study", "run", "--out", out.toString()));
    if (keep) {
      arguments.add("--keep-checkpoints");
    }
    if (optimizers != null) {
      arguments.addAll(List.of("--optimizers", String.join(",", optimizers)));
    }
    return arguments;
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Tells how many trials are done, and how long the rest may take.")
  int status(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out,
      @Option(
              names = "--watch",
              paramLabel = "SECONDS",
              description = "Print it again every so many seconds, until all is done or Ctrl-C.")
          Integer seconds)
      throws IOException {
    if (seconds == null) {
      say(StudyStatus.of(quiet(out)));
      return 0;
    }
    InputException.atLeast("--watch", seconds, 1);
    try (StopSignal stop = new StopSignal()) {
      Study study = quiet(out);
      while (!stop.requested()) {
        say(StudyStatus.of(study));
        if (study.isComplete()) {
          return 0;
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!stop.requested() && System.nanoTime() < end) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
      }
      return Main.INTERRUPTED;
    }
  }

  @Command(
      name = "report",
      mixinStandardHelpOptions = true,
      description =
          "Prints what came out so far, and writes it to report.md and, with plots, to report.html.")
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
    StudyReport report = StudyReport.of(study, baseline);
    String text = report.markdown();
    say(text);
    say("Report: " + study.write("report.md", text));
    say("Page: " + study.write("report.html", report.html()));
    return 0;
  }

  @Command(
      name = "fit",
      mixinStandardHelpOptions = true,
      description = {
        "Fits scaling laws to the language models of a study, and writes them to fit.md and"
            + " fit.json: efficiencies, speed-ups, tuned hyperparameters, and the largest size"
            + " predicted from the others."
      })
  int fit(
      @Option(names = "--out", required = true, paramLabel = "DIR", description = OUT) Path out,
      @Option(
              names = "--baseline",
              paramLabel = "NAME",
              defaultValue = "adamw",
              description =
                  "What efficiencies are relative to, by its name in the plan. Default:"
                      + " ${DEFAULT-VALUE}.")
          String baseline,
      @Option(
              names = "--draws",
              paramLabel = "N",
              defaultValue = "1000",
              description =
                  "How often seeds are resampled; with few, intervals are unbounded. Default:"
                      + " ${DEFAULT-VALUE}.")
          int draws)
      throws IOException {
    Study study = quiet(out);
    StudyFit fit = StudyFit.of(study, baseline, draws);
    String text = fit.markdown();
    say(text);
    say("Fits: " + study.write("fit.md", text));
    say("Numbers: " + study.write("fit.json", fit.json()));
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
