package dev.pullback.train.watch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.report.RunHistory;
import dev.pullback.train.report.RunPage;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs that are followed while somebody watches: who asks makes the files be read, at most once a
 * second, whoever else asks.
 */
final class Histories {

  /** Files are read a second apart; asked a little early, they are read all the same. */
  private static final long APART_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Finds the runs. */
  @FunctionalInterface
  interface Finder {

    /** Returns folders by the name of the run, the most important one first. */
    Map<String, Path> find() throws IOException;
  }

  /** What a client was told of each run. */
  static final class Seen {

    /** By the history itself: a run that was let go and comes back has another, told anew. */
    private final Map<RunHistory, RunHistory.Seen> runs = new HashMap<>();
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(Histories.class);

  private final Finder finder;
  private final LongSupplier nanos;
  private final Map<String, RunHistory> runs = new LinkedHashMap<>();
  private long read;
  private long looked;
  private boolean more;

  Histories(Finder finder) {
    this(finder, System::nanoTime);
  }

  Histories(Finder finder, LongSupplier nanos) {
    this.finder = finder;
    this.nanos = nanos;
  }

  /**
   * Returns what is new for a client.
   *
   * @param seen what it was told
   * @param anyway whether to read now, however short ago that was done
   */
  synchronized Watched.News since(Seen seen, boolean anyway) throws IOException {
    update(nanos.getAsLong(), anyway);
    seen.runs.keySet().retainAll(runs.values());
    List<ObjectNode> messages = new ArrayList<>();
    for (RunHistory run : runs.values()) {
      ObjectNode message =
          run.since(seen.runs.computeIfAbsent(run, history -> new RunHistory.Seen()));
      if (message != null) {
        messages.add(message);
      }
    }
    return new Watched.News(messages, more);
  }

  private void update(long now, boolean anyway) throws IOException {
    boolean first = looked == 0;
    if (first || now - looked >= LOOK_NANOS) {
      looked = now;
      Map<String, Path> found = finder.find();
      runs.keySet().retainAll(found.keySet());
      for (Map.Entry<String, Path> run : found.entrySet()) {
        int points = runs.isEmpty() ? RunPage.POINTS : RunPage.POINTS_BESIDE;
        runs.computeIfAbsent(
            run.getKey(), name -> new RunHistory(name, new RunFolder(run.getValue()), points));
      }
    }
    if (anyway || first || more || now - read >= APART_NANOS) {
      read = now;
      more = false;
      for (Map.Entry<String, RunHistory> run : runs.entrySet()) {
        more |= read(run.getKey(), run.getValue());
      }
    }
  }

  /** What cannot be read is tried again, and does not hide the others. */
  private static boolean read(String name, RunHistory run) {
    try {
      return run.read();
    } catch (IOException e) {
      LOGGER.debug("cannot read the run {}: {}", name, FailureReason.of(e));
      return false;
    }
  }
}
