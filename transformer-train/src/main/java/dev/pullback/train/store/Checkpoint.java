package dev.pullback.train.store;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a run was at a step: a folder that nothing is written to once it has its name.
 *
 * @param folder the folder, {@code checkpoints/step-00001000} for step 1000; {@code
 *     checkpoints/step-00001000-2} where the run came to that step again
 * @param step steps taken, at least 0
 */
public record Checkpoint(Path folder, long step) {

  private static final Pattern NAME = Pattern.compile("step-([0-9]{8,18})(?:-([0-9]{1,9}))?");

  /** By step; those of one step in the order they were made. */
  static final Comparator<Checkpoint> ORDER =
      Comparator.comparingLong(Checkpoint::step).thenComparingInt(Checkpoint::repetition);

  /**
   * Returns a file of the checkpoint.
   *
   * @param name its name
   * @return where it is, if it exists
   */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /** Returns the checkpoint that a folder is by its name. */
  static Optional<Checkpoint> named(Path folder) {
    Matcher name = NAME.matcher(folder.getFileName().toString());
    return name.matches()
        ? Optional.of(new Checkpoint(folder, Long.parseLong(name.group(1))))
        : Optional.empty();
  }

  /** Returns the name of the folder of a step. */
  static String name(long step, int repetition) {
    return String.format(Locale.ROOT, "step-%08d", step)
        + (repetition == 1 ? "" : "-" + repetition);
  }

  /** Returns how many times the run had come to this step, from 1. */
  int repetition() {
    Matcher name = NAME.matcher(folder.getFileName().toString());
    return name.matches() && name.group(2) != null ? Integer.parseInt(name.group(2)) : 1;
  }
}
