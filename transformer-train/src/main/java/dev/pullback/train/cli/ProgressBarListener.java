package dev.pullback.train.cli;

import dev.pullback.train.task.Score;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with loss, speed and time left. */
final class ProgressBarListener implements ProgressListener {

  private final PrintWriter err;
  private Speed speed;
  private ProgressBar bar;
  private String validation = "";

  ProgressBarListener(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void onBegin(Plan plan) {
    speed = new Speed(plan);
    onMessage(speed.plan());
    bar =
        new ProgressBarBuilder()
            .setTaskName("train")
            .setInitialMax(plan.maxSteps())
            .startsFrom(plan.step(), Duration.ZERO)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .build();
  }

  @Override
  public void onStep(Progress progress) {
    bar.setExtraMessage(
        String.format(
            Locale.ROOT, "loss %.3f%s, %s", progress.loss(), validation, speed.of(progress)));
    bar.stepTo(progress.step());
  }

  @Override
  public void onValidation(long step, Score score) {
    validation = ", validation " + ProgressListener.words(score);
  }

  @Override
  public void onMessage(String message) {
    err.println(message);
    err.flush();
  }

  @Override
  public void onEnd() {
    close();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
