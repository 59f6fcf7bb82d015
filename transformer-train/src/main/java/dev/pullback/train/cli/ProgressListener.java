package dev.pullback.train.cli;

import dev.pullback.train.loop.RunListener;
import dev.pullback.train.task.Score;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows a run: as a bar on a terminal, as plain lines elsewhere. */
interface ProgressListener extends RunListener, AutoCloseable {

  @Override
  void close();

  /** Chooses by what the launcher found out about standard error. */
  static ProgressListener create(PrintWriter err) {
    return Boolean.getBoolean("pullback.terminal")
        ? new ProgressBarListener(err)
        : new ProgressLines(err);
  }

  /** Puts a score into words: the loss, or the metric where there is none. */
  static String words(Score score) {
    return Double.isNaN(score.loss())
        ? String.format(Locale.ROOT, "%.4f", score.full())
        : String.format(Locale.ROOT, "loss %.4f", score.loss());
  }
}
