package dev.pullback.train.task;

import com.sun.management.OperatingSystemMXBean;
import dev.pullback.train.InputException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What fits into this machine. */
public final class Memory {

  private Memory() {}

  /**
   * Refuses what cannot fit, before anything is allocated.
   *
   * @param bytes an estimate from below
   * @param what needs them, with its sizes
   * @param advice what to lower
   * @throws InputException if the machine, or the container, has less memory
   */
  public static void require(double bytes, String what, String advice) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double has = system.getTotalMemorySize();
    if (bytes > has) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s needs at least %.3g GB of memory, and this machine has %.3g; lower %s",
              what,
              bytes / 1e9,
              has / 1e9,
              advice));
    }
  }
}
