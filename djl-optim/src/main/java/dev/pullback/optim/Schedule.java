package dev.pullback.optim;

import ai.djl.training.tracker.ParameterTracker;
import ai.djl.training.tracker.Tracker;

/**
 * A hyperparameter over the course of training, in double precision. DJL's {@link Tracker} rounds
 * to float, which would cost the exactness of float64 models, so a constant never passes through
 * one.
 */
@FunctionalInterface
interface Schedule {

  /**
   * Returns the value for step {@code step}, counted from 1.
   *
   * @throws IllegalStateException if parameters have values of their own
   */
  double at(long step);

  /** Returns whether parameters have values of their own. */
  default boolean differsByParameter() {
    return false;
  }

  /** Returns the value of the parameter that DJL knows by this id. */
  default double at(String parameterId, long step) {
    return at(step);
  }

  static Schedule fixed(double value) {
    return step -> value;
  }

  static Schedule of(Tracker tracker) {
    return step -> tracker.getNewValue(Math.toIntExact(step));
  }

  static Schedule of(ParameterTracker tracker) {
    return tracker instanceof Tracker common ? of(common) : new OfEachParameter(tracker);
  }

  /** Asks DJL's tracker for one parameter after the other. */
  record OfEachParameter(ParameterTracker tracker) implements Schedule {

    @Override
    public double at(long step) {
      throw new IllegalStateException("Each parameter has a value of its own");
    }

    @Override
    public boolean differsByParameter() {
      return true;
    }

    @Override
    public double at(String parameterId, long step) {
      return tracker.getNewValue(parameterId, Math.toIntExact(step));
    }
  }
}
