package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.training.tracker.FixedPerVarTracker;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.training.tracker.Tracker;
import org.junit.jupiter.api.Test;

/** Hyperparameters over time, and by parameter. */
class ScheduleTest {

  @Test
  void aTrackerOfDjlIsAskedForTheStep() {
    Schedule schedule = Schedule.of(step -> 1f / step);
    assertEquals(0.25, schedule.at(4));
    assertEquals(0.25, schedule.at("any", 4));
    assertFalse(schedule.differsByParameter());
  }

  @Test
  void aTrackerByParameterIsAskedForEach() {
    Schedule schedule =
        Schedule.of(FixedPerVarTracker.builder().setDefaultValue(0.5f).put("own", 0.125f).build());
    assertTrue(schedule.differsByParameter());
    assertEquals(0.5, schedule.at("any", 1));
    assertEquals(0.125, schedule.at("own", 1));
    assertThrows(IllegalStateException.class, () -> schedule.at(1));
    assertEquals(6, Schedule.of((id, step) -> id.length() + step).at("abc", 3));
  }

  /** A common tracker is a tracker by parameter, too; it is still asked once per step. */
  @Test
  void aCommonTrackerStaysCommonUnderTheWiderType() {
    ParameterTracker tracker = Tracker.fixed(0.5f);
    assertFalse(Schedule.of(tracker).differsByParameter());
    assertEquals(0.5, Schedule.of(tracker).at(1));
  }
}
