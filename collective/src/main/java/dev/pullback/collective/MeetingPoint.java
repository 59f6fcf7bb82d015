package dev.pullback.collective;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import ml.dmlc.xgboost4j.java.RabitTracker;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where ranks find each other, once: what is a tracker to XGBoost. It is needed while they join and
 * leave, and carries no gradients. When a rank is lost, all begin anew with another one.
 *
 * <p>Whoever can reach it can join, or disturb it. Its address is that of one interface; the ranks
 * themselves listen on all interfaces of their machines.
 */
public final class MeetingPoint implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(MeetingPoint.class);

  private final RabitTracker tracker;
  private final String host;
  private final int port;

  private MeetingPoint(RabitTracker tracker, String host, int port) {
    this.tracker = tracker;
    this.host = host;
    this.port = port;
  }

  /**
   * Opens one on a free port.
   *
   * @param ranks how many will join, at least 1
   * @param host address of an interface of this machine, IPv4, which all ranks reach
   * @param patience how long the ranks may take to join; whole seconds
   * @return the meeting point, to be closed when all ranks have left
   * @throws IOException if the address is none of this machine's, or XGBoost's library is missing
   */
  public static MeetingPoint open(int ranks, String host, Duration patience) throws IOException {
    Xgboost.load();
    try {
      RabitTracker tracker =
          new RabitTracker(ranks, host, 0, Math.toIntExact(patience.toSeconds()));
      if (!tracker.start()) {
        throw new IOException("XGBoost's tracker does not start on " + host);
      }
      Map<String, Object> arguments = tracker.getWorkerArgs();
      int port = ((Number) arguments.get(RabitCollective.PORT)).intValue();
      return new MeetingPoint(tracker, host, port);
    } catch (XGBoostError e) {
      throw new IOException(
          "cannot listen on %s: %s".formatted(host, Xgboost.reason(e.getMessage())), e);
    }
  }

  /**
   * Returns the address.
   *
   * @return as it was given
   */
  public String host() {
    return host;
  }

  /**
   * Returns the port.
   *
   * @return above 0
   */
  public int port() {
    return port;
  }

  /** Closes it. Ranks that have joined need it again to leave, and then fail to. */
  @Override
  public void close() {
    try {
      tracker.stop();
    } catch (XGBoostError e) {
      LOGGER.debug("the meeting point was closed before all ranks had left", e);
    }
  }
}
