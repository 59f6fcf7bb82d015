package dev.pullback.train.ranks;

import dev.pullback.collective.MeetingPoint;
import dev.pullback.train.ExitStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * A run of several processes: starts them, and starts all of them again, from the latest
 * checkpoint, when one is lost.
 *
 * @param ranks how many processes
 * @param threads of each
 * @param bind address of the interface that they meet on
 * @param patience how long they may take to meet
 * @param maxRestarts how many times in all they may be started again
 */
public record RankedRun(int ranks, int threads, String bind, Duration patience, int maxRestarts) {

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long FIRST_REST = TimeUnit.SECONDS.toNanos(2);
  private static final long LONGEST_REST = TimeUnit.SECONDS.toNanos(60);

  /** Gives each attempt its command line. */
  @FunctionalInterface
  public interface Arguments {

    /**
     * Returns a rank's command line.
     *
     * @param join where the rank finds the others, for {@link RankAddress}
     * @return the arguments of the program
     */
    List<String> of(RankAddress join);
  }

  /**
   * Runs to the end.
   *
   * @param places where
   * @param arguments of an attempt, from 0; empty if there is nothing to go on from
   * @param progress the step of the latest checkpoint; where it stays the same, what is wrong is
   *     given more and more time to pass
   * @param stop whether somebody wants it to stop
   * @param log takes a line now and then
   * @return the exit status: 0, 130 where it was stopped, or that of the rank that failed
   * @throws IOException if processes cannot be started, or cannot meet
   */
  public int run(
      RankPlaces places,
      IntFunction<Optional<Arguments>> arguments,
      LongSupplier progress,
      BooleanSupplier stop,
      Consumer<String> log)
      throws IOException {
    long step = progress.getAsLong();
    int idle = 0;
    for (int restarts = 0; ; restarts++) {
      Optional<Arguments> own = arguments.apply(restarts);
      if (own.isEmpty()) {
        log.accept("There is no checkpoint to go on from: --save-interval makes some.");
        return ExitStatus.FAILED;
      }
      List<RankEnd> ends = attempt(places, own.get(), stop, log);
      Optional<Integer> status = verdict(ends, stop, log);
      if (status.isPresent()) {
        return status.get();
      }
      RankEnd cause = cause(ends);
      String lost = words(cause);
      if (restarts == maxRestarts) {
        log.accept(lost + "; that was the last of " + maxRestarts + " restarts (--max-restarts).");
        say(cause, log);
        return ExitStatus.FAILED;
      }
      log.accept("%s; restart %d of %d.".formatted(lost, restarts + 1, maxRestarts));
      long now = progress.getAsLong();
      if (now == step && !rest(idle++, stop)) {
        return ExitStatus.INTERRUPTED;
      }
      idle = now == step ? idle : 0;
      step = now;
    }
  }

  /** Waits; returns whether to go on. */
  private static boolean rest(int times, BooleanSupplier stop) {
    long until = System.nanoTime() + Math.min(FIRST_REST << Math.min(times, 8), LONGEST_REST);
    while (System.nanoTime() < until && !stop.getAsBoolean()) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return !stop.getAsBoolean();
  }

  private List<RankEnd> attempt(
      RankPlaces places, Arguments arguments, BooleanSupplier stop, Consumer<String> log)
      throws IOException {
    try (MeetingPoint meeting = MeetingPoint.open(ranks, bind, patience)) {
      List<List<String>> lines = new ArrayList<>();
      for (int rank = 0; rank < ranks; rank++) {
        lines.add(arguments.of(new RankAddress(meeting.host(), meeting.port(), rank, threads)));
      }
      return places.run(lines, threads, stop, log);
    }
  }

  /** Returns the status to end with; empty if the run is to go on. */
  private static Optional<Integer> verdict(
      List<RankEnd> ends, BooleanSupplier stop, Consumer<String> log) {
    for (RankEnd end : ends) {
      if (end.rank() == 0 && end.status() == ExitStatus.COMPLETE) {
        say(end, log);
        return Optional.of(ExitStatus.COMPLETE);
      }
    }
    for (RankEnd end : ends) {
      if (end.status() == ExitStatus.BAD_INPUT || end.status() == ExitStatus.FAILED) {
        say(end, log);
        return Optional.of(end.status());
      }
    }
    boolean stopped =
        stop.getAsBoolean()
            || ends.stream()
                .anyMatch(
                    end ->
                        end.rank() == 0
                            && (end.status() == ExitStatus.INTERRUPTED
                                || end.status() == ExitStatus.TERMINATED));
    return stopped ? Optional.of(ExitStatus.INTERRUPTED) : Optional.empty();
  }

  /** Says what a rank printed that nobody saw. */
  private static void say(RankEnd end, Consumer<String> log) {
    if (end != null && !end.message().isEmpty()) {
      log.accept("Rank " + end.rank() + " said: " + end.message());
    }
  }

  private static String words(RankEnd cause) {
    if (cause == null) {
      return "A machine was lost";
    }
    return cause.lostAnother()
        ? "The workers lost each other"
        : "Rank " + cause.rank() + " " + cause.words();
  }

  /** The rank that was lost, rather than one that lost it. */
  private static RankEnd cause(List<RankEnd> ends) {
    return ends.stream()
        .filter(end -> end.status() != ExitStatus.COMPLETE)
        .min(Comparator.comparing(RankEnd::lostAnother))
        .orElse(null);
  }
}
