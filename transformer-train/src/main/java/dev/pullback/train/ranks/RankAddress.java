package dev.pullback.train.ranks;

import dev.pullback.train.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process must know to become a rank.
 *
 * @param host where the ranks meet
 * @param port its port
 * @param rank the process's number
 * @param threads of one operation
 */
public record RankAddress(String host, int port, int rank, int threads) {

  private static final Pattern TEXT = Pattern.compile("([^:/]+):(\\d{1,5})/(\\d{1,6})/(\\d{1,4})");

  /**
   * Reads what {@link #toString} made.
   *
   * @param text {@code HOST:PORT/RANK/THREADS}
   * @return the address
   * @throws InputException if it is none
   */
  public static RankAddress parse(String text) {
    Matcher found = TEXT.matcher(text);
    if (!found.matches()) {
      throw new InputException("--rank must be HOST:PORT/RANK/THREADS, but is " + text);
    }
    return new RankAddress(
        found.group(1),
        Integer.parseInt(found.group(2)),
        Integer.parseInt(found.group(3)),
        Integer.parseInt(found.group(4)));
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s:%d/%d/%d", host, port, rank, threads);
  }
}
