package dev.pullback.train.cli;

import java.io.PrintWriter;

/** A line every twentieth of the run. */
final class ProgressLines implements ProgressListener {

  private static final int LINES = 20;

  private final PrintWriter err;
  private long interval = 1;
  private long maxSteps;

  ProgressLines(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void onBegin(long step, long maxSteps) {
    this.maxSteps = maxSteps;
    this.interval = Math.max(1, maxSteps / LINES);
  }

  @Override
  public void onStep(long step, double loss, double tokensPerSecond) {
    if (step % interval == 0 || step == 1) {
      print(
          "step %d/%d  loss %.4f  %,.0f tokens/s".formatted(step, maxSteps, loss, tokensPerSecond));
    }
  }

  @Override
  public void onValidation(long step, double loss) {
    print("step %d/%d  validation loss %.4f".formatted(step, maxSteps, loss));
  }

  @Override
  public void onMessage(String message) {
    print(message);
  }

  @Override
  public void onEnd() {}

  private void print(String line) {
    err.println(line);
    err.flush();
  }

  @Override
  public void close() {}
}
