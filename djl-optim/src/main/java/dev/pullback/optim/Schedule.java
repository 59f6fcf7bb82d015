package dev.pullback.optim;

import ai.djl.training.tracker.Tracker;

/**
 * A hyperparameter over the course of training, in double precision. DJL's {@link Tracker} rounds
 * to float, which would cost the exactness of float64 models, so a constant never passes through
 * one.
 */
@FunctionalInterface
interface Schedule {

  /** Returns the value for step {@code step}, counted from 1. */
  double at(long step);

  static Schedule fixed(double value) {
    return step -> value;
  }

  static Schedule of(Tracker tracker) {
    return step -> tracker.getNewValue(Math.toIntExact(step));
  }
}
