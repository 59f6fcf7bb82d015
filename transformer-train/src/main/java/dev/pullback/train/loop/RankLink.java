package dev.pullback.train.loop;

import dev.pullback.optim.Collective;
import dev.pullback.train.InputException;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.task.Share;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What binds the processes that train one model. Rank 0 decides what comes next, since only it
 * evaluates, saves and looks at clocks, and tells the others; the gradients go past it.
 */
public final class RankLink implements AutoCloseable {

  /** What comes next. */
  enum Signal {
    /** A training step. */
    STEP,
    /** All compare their weights. */
    COMPARE,
    /** Nothing yet: rank 0 is busy. */
    WAIT,
    /** The end: the run is complete. */
    COMPLETE,
    /** The end: it was stopped, and saved. */
    STOPPED
  }

  private static final List<Signal> SIGNALS = List.of(Signal.values());

  /** One process that trains alone. */
  public static final RankLink NONE = new RankLink(null, 0);

  /** How often rank 0 shows that it is alive while it evaluates. */
  private static final long ALIVE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Collective ranks;
  private final int compareInterval;
  private long toldAt = System.nanoTime();
  private boolean waited;
  private long waitNanos;
  private long sumNanos;

  /**
   * Seconds of a step on one rank.
   *
   * @param step the whole of it
   * @param waiting for the slowest rank, until the first exchange
   * @param summing in sums of gradients
   */
  record Seconds(double step, double waiting, double summing) {}

  private RankLink(Collective ranks, int compareInterval) {
    this.ranks = ranks;
    this.compareInterval = compareInterval;
  }

  /**
   * Binds this process to the others.
   *
   * @param ranks the others, owned from now on
   * @param compareInterval steps between comparisons of all weights, beside those at the start and
   *     at each checkpoint; 0 for none
   * @return the link
   */
  public static RankLink over(Collective ranks, int compareInterval) {
    return new RankLink(ranks, compareInterval);
  }

  /** Returns what an optimiser sums gradients over; empty for one process. */
  Optional<Collective> collective() {
    return ranks == null ? Optional.empty() : Optional.of(new Timed());
  }

  /** Returns this process's part of every batch. */
  Share share() {
    return ranks == null ? Share.WHOLE : new Share(ranks.rank(), ranks.size());
  }

  /** Whether all weights are to be compared after a step. */
  boolean comparesAt(long step) {
    return compareInterval > 0 && step % compareInterval == 0;
  }

  /** Rank 0: tells the others what comes next. */
  void tell(Signal signal) throws LostRanksException {
    if (ranks != null) {
      sum(new float[] {SIGNALS.indexOf(signal)});
      toldAt = System.nanoTime();
    }
  }

  /** Rank 0: lets the others wait on. */
  void alive() throws LostRanksException {
    if (ranks != null && System.nanoTime() - toldAt > ALIVE_NANOS) {
      tell(Signal.WAIT);
    }
  }

  /** Other ranks: hears what comes next. */
  Signal hear() throws LostRanksException {
    float[] number = {0};
    sum(number);
    return SIGNALS.get((int) number[0]);
  }

  /**
   * Makes sure that all ranks begin at the same checkpoint.
   *
   * @throws InputException if they do not see the same; on all of them
   */
  void agree(Optional<Checkpoint> latest) throws LostRanksException {
    if (ranks == null) {
      return;
    }
    String name = latest.map(found -> found.folder().getFileName().toString()).orElse("");
    float[] names = new float[2 * ranks.size()];
    names[2 * ranks.rank()] = name.hashCode() >>> Short.SIZE;
    names[2 * ranks.rank() + 1] = name.hashCode() & 0xffff;
    sum(names);
    for (int rank = 1; rank < ranks.size(); rank++) {
      if (!Arrays.equals(names, 2 * rank, 2 * rank + 2, names, 0, 2)) {
        throw new InputException(
            "rank %d sees another checkpoint than rank 0; --out must be a folder that all workers reach"
                .formatted(rank));
      }
    }
  }

  private void sum(float[] values) throws LostRanksException {
    try {
      ranks.sum(values);
    } catch (IOException e) {
      throw new LostRanksException(e);
    }
  }

  /** A step is about to be computed. */
  void beginStep() {
    waited = false;
    waitNanos = 0;
    sumNanos = 0;
  }

  /**
   * Returns where the time of the latest step went; the rest is computing. Empty for one process.
   */
  Optional<Seconds> seconds(double step) {
    return ranks == null
        ? Optional.empty()
        : Optional.of(new Seconds(step, waitNanos * 1e-9, sumNanos * 1e-9));
  }

  /** Leaves the others. */
  @Override
  public void close() {
    if (ranks != null) {
      ranks.close();
    }
  }

  /** The others as an optimiser sees them. In its first, small sum of a step the ranks meet. */
  private final class Timed implements Collective {

    @Override
    public int rank() {
      return ranks.rank();
    }

    @Override
    public int size() {
      return ranks.size();
    }

    @Override
    public void sum(float[] values) throws IOException {
      long begin = System.nanoTime();
      RankLink.this.sum(values);
      long nanos = System.nanoTime() - begin;
      if (waited) {
        sumNanos += nanos;
      } else {
        waitNanos += nanos;
      }
      waited = true;
    }

    @Override
    public void close() {}
  }
}
