package dev.pullback.train.cli;

import dev.pullback.train.ExitStatus;
import dev.pullback.train.InputException;
import dev.pullback.train.report.StudyStatus;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pullback study status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Tells how many trials are done, and how long the rest may take.")
final class StudyStatusCommand extends StudySubcommand {

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      description = "Print it again every so many seconds, until all is done or Ctrl-C.")
  private Integer seconds;

  @Override
  public Integer call() throws IOException {
    if (seconds == null) {
      say(StudyStatus.of(read()));
      return 0;
    }
    InputException.atLeast("--watch", seconds, 1);
    try (StopSignal stop = new StopSignal(true)) {
      Study study = read();
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
      return ExitStatus.INTERRUPTED;
    }
  }
}
