package dev.pullback.train.cli;

import dev.pullback.train.loop.RunListener;
import dev.pullback.train.task.Score;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows a run: as a bar on a terminal, as plain lines elsewhere. */
interface ProgressListener extends RunListener, AutoCloseable {

  @Override
  void close();

  /** Tells what the launcher found out about standard error. */
  static boolean onTerminal() {
    return Boolean.getBoolean("pullback.terminal");
  }

  /** Chooses by where standard error goes. */
  static ProgressListener create(PrintWriter err) {
    return onTerminal() ? new ProgressBarListener(err) : new ProgressLines(err);
  }

  /** Puts a score into words: the loss, or the metric where there is none; bits of a text. */
  static String words(Score score) {
    if (Double.isNaN(score.loss())) {
      return String.format(Locale.ROOT, "%.4f", score.full());
    }
    Double bits = score.more().get(Score.BITS_PER_BYTE);
    return String.format(Locale.ROOT, "loss %.4f", score.loss())
        + (bits == null ? "" : String.format(Locale.ROOT, ", %.4f bits per byte", bits));
  }
}
