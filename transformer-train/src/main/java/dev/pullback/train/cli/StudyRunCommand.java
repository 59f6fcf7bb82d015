package dev.pullback.train.cli;

import dev.pullback.train.ExitStatus;
import dev.pullback.train.InputException;
import dev.pullback.train.study.SingleTrial;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.TrialCluster;
import dev.pullback.train.watch.WatchedStudy;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pullback study run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the trials that are not complete, tuning first, then the best again on fresh seeds.",
      "Several processes may run one study."
    })
final class StudyRunCommand extends StudySubcommand {

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Processes, a trial each; give each few threads. Default: ${DEFAULT-VALUE}.")
  private int jobs;

  @Option(names = "--keep-checkpoints", description = "Keep those of complete trials too.")
  private boolean keep;

  @Option(
      names = "--optimizers",
      split = ",",
      paramLabel = "NAME",
      description =
          "Run the trials of these names in the plan only. Others may run elsewhere, or later.")
  private List<String> optimizers;

  @Option(
      names = "--one",
      paramLabel = "TRIAL",
      description =
          "Run this trial only: its folder, or its number from 0, as an array job has it; tuning"
              + " comes first.")
  private String one;

  @Option(
      names = "--until",
      paramLabel = "STEP",
      description =
          "With --one and a folder: stop after the evaluation at this step, where trials are"
              + " compared. A number goes as far as it can by itself.")
  private Long until;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Run on Apache Spark, a process a trial: local[2], spark://host:7077 and others;"
              + " ./pullback downloads it then.")
  private String master;

  @Option(
      names = "--results",
      paramLabel = "URI",
      description =
          "With --master: a folder that all workers reach, on any of Hadoop's file systems, where"
              + " --out is not one.")
  private URI results;

  @Option(
      names = "--lifeline",
      hidden = true,
      description = "Save and end when standard input ends: a pipe from the process above.")
  private boolean lifeline;

  @Mixin private ServeOptions serve;

  @Override
  @SuppressWarnings("try") // the server is there to be closed
  public Integer call() throws IOException {
    requireOnePlace();
    try (StopSignal stop = new StopSignal();
        Closeable server = serve.start(() -> new WatchedStudy(out, this::read), this::say)) {
      if (lifeline) {
        Lifeline.holdToSave();
      }
      if (one != null) {
        return runOne(stop);
      }
      Study study = open(stop::requested);
      if (master != null) {
        TrialCluster.Job job = new TrialCluster.Job(study, out, master, results, keep);
        return ended(TrialCluster.find().run(job, stop::requested, this::say), stop);
      }
      if (optimizers != null) {
        study.restrictTo(optimizers);
      }
      load(study);
      boolean complete;
      try (Workers workers = new Workers(jobs - 1, worker())) {
        complete = study.run(keep);
        if (complete) {
          workers.await();
        }
      }
      return ended(complete, stop);
    }
  }

  private void requireOnePlace() {
    InputException.atLeast("--jobs", jobs, 1);
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
    if (optimizers != null && (one != null || master != null)) {
      throw new InputException("--optimizers excludes --one and --master");
    }
    if (until != null && (one == null || isNumber(one) || until < 1)) {
      throw new InputException("--until takes a step from 1, and --one with a folder");
    }
  }

  private int runOne(StopSignal stop) throws IOException {
    Study.Open next =
        isNumber(one)
            ? read().trial(Integer.parseInt(one))
            : new Study.Open(one, until == null ? Study.Open.TO_ITS_END : until);
    if (next.until() == Study.Open.NOTHING) {
      say(next.folder() + " has nothing to run: it is over, or waits for others.");
      return 0;
    }
    SingleTrial trial = new SingleTrial(out, next.folder(), command(), stop::requested, this::say);
    trial.load();
    if (!trial.run(next.until())) {
      say("Stopped. The same command goes on from here.");
      return ExitStatus.INTERRUPTED;
    }
    say(
        next.until() == Study.Open.TO_ITS_END
            ? next.folder() + " is complete."
            : "%s is over, or at step %d.".formatted(next.folder(), next.until()));
    return 0;
  }

  private List<String> worker() {
    List<String> arguments = new ArrayList<>(List.of("study", "run", "--out", out.toString()));
    if (keep) {
      arguments.add("--keep-checkpoints");
    }
    if (optimizers != null) {
      arguments.addAll(List.of("--optimizers", String.join(",", optimizers)));
    }
    return arguments;
  }

  private int ended(boolean complete, StopSignal stop) {
    if (stop.requested()) {
      say("Stopped. The same command goes on from here.");
      return ExitStatus.INTERRUPTED;
    }
    String what = optimizers == null ? "The study is" : String.join(", ", optimizers) + ":";
    say(
        complete
            ? "%s complete. See: pullback study report --out %s".formatted(what, out)
            : "Some trials could not be run; the same command tries them again.");
    return complete ? 0 : ExitStatus.FAILED;
  }
}
