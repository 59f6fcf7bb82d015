package dev.pullback.train.cli;

import java.util.function.LongConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on the terminal, if there is one. */
final class EvaluationProgress implements LongConsumer, AutoCloseable {

  private final ProgressBar bar;

  private EvaluationProgress(ProgressBar bar) {
    this.bar = bar;
  }

  /**
   * Begins.
   *
   * @param unit what is counted
   * @param most how many there are; negative if nobody knows
   */
  static EvaluationProgress begin(String unit, long most) {
    return new EvaluationProgress(
        ProgressListener.onTerminal()
            ? new ProgressBarBuilder()
                .setTaskName("evaluate")
                .setUnit(" " + unit, 1)
                .setInitialMax(most)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .build()
            : null);
  }

  @Override
  public void accept(long done) {
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
