package dev.pullback.train.study;

import dev.pullback.train.loop.RunListener;
import dev.pullback.train.task.Score;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Says now and then where a trial stands. */
final class TrialProgress implements RunListener {

  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Path folder;
  private final Consumer<String> log;
  private long said = System.nanoTime();
  private double loss = Double.NaN;
  private long evaluated;

  TrialProgress(Path folder, Consumer<String> log) {
    this.folder = folder;
    this.log = log;
  }

  /** The step of the last evaluation of this process; 0 before. */
  long evaluatedStep() {
    return evaluated;
  }

  @Override
  public void onBegin(Plan plan) {}

  @Override
  public void onStep(Progress progress) {
    loss = progress.loss();
  }

  @Override
  public void onValidation(long step, Score score) {
    evaluated = step;
    if (System.nanoTime() - said > INTERVAL_NANOS) {
      said = System.nanoTime();
      log.accept("%s: step %d, loss %.4f, %.4f".formatted(folder, step, loss, score.full()));
    }
  }

  @Override
  public void onMessage(String message) {
    log.accept(message);
  }

  @Override
  public void onEnd() {}
}
