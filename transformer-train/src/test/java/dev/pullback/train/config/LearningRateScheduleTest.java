package dev.pullback.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.training.tracker.Tracker;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateScheduleTest {

  @ParameterizedTest
  @CsvSource({
    "CONSTANT, 1, 0.1",
    "CONSTANT, 10, 1",
    "CONSTANT, 110, 1",
    "LINEAR, 5, 0.5",
    "LINEAR, 60, 0.6",
    "LINEAR, 110, 0.2",
    "COSINE, 5, 0.5",
    "COSINE, 10, 1",
    "COSINE, 60, 0.6",
    "COSINE, 35, 0.88284",
    "COSINE, 110, 0.2",
    "COSINE, 200, 0.2",
  })
  void warmsUpAndDecays(LearningRateSchedule schedule, int step, double expected) {
    Tracker tracker = schedule.over(1, 0.2, 10, 110);
    assertEquals(expected, tracker.getNewValue(step), 1e-5);
  }

  @ParameterizedTest
  @CsvSource({"CONSTANT, 1", "LINEAR, 0.992", "COSINE, 0.9998"})
  void startsAtThePeakWithoutWarmUp(LearningRateSchedule schedule, double expected) {
    assertEquals(expected, schedule.over(1, 0.2, 0, 100).getNewValue(1), 1e-4);
  }
}
