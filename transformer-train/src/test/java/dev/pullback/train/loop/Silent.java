package dev.pullback.train.loop;

import dev.pullback.train.task.Score;

/** Nobody listens. */
public class Silent implements RunListener {

  @Override
  public void onBegin(Plan plan) {}

  @Override
  public void onStep(Progress progress) {}

  @Override
  public void onValidation(long step, Score score) {}

  @Override
  public void onMessage(String message) {}

  @Override
  public void onEnd() {}
}
