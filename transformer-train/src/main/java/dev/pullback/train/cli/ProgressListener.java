package dev.pullback.train.cli;

import dev.pullback.train.loop.RunListener;
import java.io.PrintWriter;

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
}
