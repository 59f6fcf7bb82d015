package dev.pullback.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.optim.Kernels;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is timed does its work, and several may do it on the same weights. */
class StepUnderTestTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"libtorch-adamw", "djl-sgd", "djl-adamw", "adamw", "sgd_rms", "trainer:sgd_rms"})
  void aStepMovesEveryWeight(String name) {
    try (Weights weights = weights();
        StepUnderTest other = StepUnderTest.of("sgd_metric", weights, Kernels.AUTO);
        StepUnderTest step = StepUnderTest.of(name, weights, Kernels.AUTO)) {
      weights.setGradients();
      other.run();
      float[] before = first(weights);
      weights.setGradients();
      step.run();
      float[] after = first(weights);
      long moved = IntStream.range(0, before.length).filter(i -> before[i] != after[i]).count();
      assertEquals(before.length, moved);
      assertTrue(IntStream.range(0, after.length).allMatch(i -> Math.abs(after[i]) < 0.1));
    }
  }

  @Test
  void aCopyMovesNone() {
    try (Weights weights = weights();
        StepUnderTest step = StepUnderTest.of("libtorch-copy", weights, Kernels.AUTO)) {
      float[] before = first(weights);
      weights.setGradients();
      step.run();
      assertArrayEquals(before, first(weights));
    }
  }

  private static Weights weights() {
    return new Weights(DeviceChoice.of("auto").on(TrainingEngine.PYTORCH), Tensors.MATRICES_1M);
  }

  private static float[] first(Weights weights) {
    return weights.arrays().head().toFloatArray();
  }
}
