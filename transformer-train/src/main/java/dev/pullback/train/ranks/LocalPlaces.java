package dev.pullback.train.ranks;

import dev.pullback.train.ThisProgram;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Processes on this machine. Rank 0 prints to this process's terminal. */
public final class LocalPlaces implements RankPlaces {

  private static final long LOOK_MILLIS = 100;

  /** How long the others may take to notice that one is gone, and to say what happened to them. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final List<String> prefix;

  /**
   * Prepares.
   *
   * @param prefix what is put before each command, with {@code %d} for the rank; empty for nothing
   */
  public LocalPlaces(String prefix) {
    this.prefix = prefix.isBlank() ? List.of() : List.of(prefix.strip().split("\\s+"));
  }

  @Override
  public List<RankEnd> run(
      List<List<String>> arguments, int threads, BooleanSupplier stop, Consumer<String> log)
      throws IOException {
    List<RankProcess> ranks = new ArrayList<>();
    try {
      for (int rank = 0; rank < arguments.size(); rank++) {
        List<String> command = new ArrayList<>();
        for (String word : prefix) {
          command.add(word.replace("%d", String.format(Locale.ROOT, "%d", rank)));
        }
        command.addAll(ThisProgram.command());
        command.addAll(arguments.get(rank));
        ranks.add(new RankProcess(rank, command, threads, rank == 0));
      }
      follow(ranks, stop);
      List<RankEnd> ends = new ArrayList<>();
      for (RankProcess rank : ranks) {
        ends.add(rank.await());
      }
      return ends;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } finally {
      ranks.forEach(rank -> rank.process().destroyForcibly());
    }
  }

  /** Returns when all have ended; kills those that outlive another one's failure. */
  private static void follow(List<RankProcess> ranks, BooleanSupplier stop)
      throws InterruptedException {
    boolean told = false;
    long failedAt = 0;
    boolean failed = false;
    while (true) {
      List<Process> alive =
          ranks.stream().map(RankProcess::process).filter(Process::isAlive).toList();
      if (alive.isEmpty()) {
        return;
      }
      if (!told && stop.getAsBoolean()) {
        ranks.get(0).stop();
        told = true;
      }
      if (!failed
          && ranks.stream()
              .map(RankProcess::process)
              .anyMatch(process -> !process.isAlive() && process.exitValue() != 0)) {
        failed = true;
        failedAt = System.nanoTime();
      }
      if (failed && System.nanoTime() - failedAt > GRACE_NANOS) {
        alive.forEach(Process::destroyForcibly);
      }
      alive.get(0).waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {}
}
