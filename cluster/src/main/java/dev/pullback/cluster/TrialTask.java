package dev.pullback.cluster;

import dev.pullback.train.ExitStatus;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.Function;

/**
 * Runs one trial in a process of its own, so that a crash of native code costs one trial. Needs
 * nothing on the worker's class path but this package and Spark.
 *
 * @param program Java, its options, and the program, as the worker starts it
 * @param out the study's folder, which the worker reaches too
 * @param exchange where trials are taken from and results are put, or null where {@code out} is
 *     such a place
 */
record TrialTask(List<String> program, String out, Exchange exchange)
    implements Function<Work, Outcome> {

  private static final int ATTEMPTS = 2;

  @Override
  public Outcome call(Work work) {
    String trial = work.trial();
    try {
      if (exchange == null) {
        return run(work, Path.of(out));
      }
      Path folder = Files.createTempDirectory("pullback-trial");
      try {
        if (exchange.isComplete(trial)) {
          return new Outcome(work, Outcome.End.COMPLETE, "");
        }
        exchange.fetch(trial, folder);
        Outcome outcome = run(work, folder);
        if (outcome.end() == Outcome.End.COMPLETE) {
          exchange.put(trial, folder);
        }
        return outcome;
      } finally {
        Exchange.remove(folder);
      }
    } catch (InterruptedIOException e) {
      return new Outcome(work, Outcome.End.STOPPED, "");
    } catch (IOException e) {
      return new Outcome(work, Outcome.End.REFUSED, e.toString());
    }
  }

  private Outcome run(Work work, Path study) throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("study", "run", "--out", study.toString(), "--one", work.trial()));
    command.add("--lifeline"); // when this executor is gone, the process saves and ends
    if (work.until() != Work.TO_ITS_END) {
      command.addAll(List.of("--until", "" + work.until()));
    }
    File log = File.createTempFile("pullback-trial", ".log");
    try {
      int status = 0;
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Process process =
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
        status = WorkerProcess.await(process);
        if (status < ExitStatus.SIGNAL || isStopped(status)) {
          break;
        }
      }
      Outcome.End end =
          status == ExitStatus.COMPLETE
              ? Outcome.End.COMPLETE
              : isStopped(status)
                  ? Outcome.End.STOPPED
                  : status < ExitStatus.SIGNAL ? Outcome.End.REFUSED : Outcome.End.CRASHED;
      return new Outcome(work, end, "exit status " + status + ": " + WorkerProcess.tail(log));
    } finally {
      Files.delete(log.toPath());
    }
  }

  private static boolean isStopped(int status) {
    return status == ExitStatus.INTERRUPTED || status == ExitStatus.TERMINATED;
  }
}
