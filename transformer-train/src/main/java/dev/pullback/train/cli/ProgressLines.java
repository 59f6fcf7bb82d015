package dev.pullback.train.cli;

import dev.pullback.train.task.Score;
import java.io.PrintWriter;
import java.util.Locale;

/** A line every twentieth of the run. */
final class ProgressLines implements ProgressListener {

  private static final int LINES = 20;

  private final PrintWriter err;
  private Speed speed;
  private long interval = 1;
  private long maxSteps;

  ProgressLines(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void onBegin(Plan plan) {
    maxSteps = plan.maxSteps();
    interval = Math.max(1, maxSteps / LINES);
    speed = new Speed(plan);
    onMessage(speed.plan());
  }

  @Override
  public void onStep(Progress progress) {
    if (progress.step() % interval == 0 || progress.step() == 1) {
      onMessage(
          String.format(
              Locale.ROOT,
              "step %d/%d  loss %.4f  %s",
              progress.step(),
              maxSteps,
              progress.loss(),
              speed.of(progress)));
    }
  }

  @Override
  public void onValidation(long step, Score score) {
    onMessage("step " + step + "/" + maxSteps + "  validation " + ProgressListener.words(score));
  }

  @Override
  public void onMessage(String message) {
    err.println(message);
    err.flush();
  }

  @Override
  public void onEnd() {}

  @Override
  public void close() {}
}
