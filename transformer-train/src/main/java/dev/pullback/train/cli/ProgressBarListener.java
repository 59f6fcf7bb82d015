package dev.pullback.train.cli;

import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with loss, speed and time left. */
final class ProgressBarListener implements ProgressListener {

  private final PrintWriter err;
  private ProgressBar bar;
  private double validationLoss = Double.NaN;

  ProgressBarListener(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void onBegin(long step, long maxSteps) {
    bar =
        new ProgressBarBuilder()
            .setTaskName("train")
            .setInitialMax(maxSteps)
            .startsFrom(step, Duration.ZERO)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .build();
  }

  @Override
  public void onStep(long step, double loss, double tokensPerSecond) {
    String validation =
        Double.isNaN(validationLoss) ? "" : ", validation %.3f".formatted(validationLoss);
    bar.setExtraMessage("loss %.3f%s, %,.0f tokens/s".formatted(loss, validation, tokensPerSecond));
    bar.stepTo(step);
  }

  @Override
  public void onValidation(long step, double loss) {
    validationLoss = loss;
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
