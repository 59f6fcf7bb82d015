package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.loop.ComponentStepper;
import dev.pullback.train.model.Mlp;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Batches and scores on images of four pixels. */
class ImageWorkloadTest {

  private static final int BATCH = 1024;
  private static final int PIXELS = 4;
  private static final int CLASSES = 10;

  @AutoClose private final Workload work = workload(BATCH + BATCH / 2);

  @Test
  void theComponentsOfTheLossSumUpToIt() {
    try (NDScope scope = new NDScope();
        GradientCollector collector = work.manager().getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray even = work.component(0, 1, 0);
      NDArray odd = work.component(0, 1, 1);
      NDArray whole = work.loss(0, 1);
      assertEquals(DataType.FLOAT32, even.getDataType());
      assertEquals(whole.getFloat(), even.getFloat() + odd.getFloat(), 1e-5);
      collector.backward(even);
    }
  }

  @Test
  void oneComponentForEachHalfIsTrained() {
    Map<String, Double> values =
        Map.of(
            "lr",
            0.05,
            "weight_decay",
            0.0,
            "momentum",
            0.9,
            "xi",
            0.1,
            "beta",
            0.8,
            "beta_rms",
            0.99,
            "eps",
            1e-8);
    double before = work.score().full();
    try (ComponentStepper stepper = new ComponentStepper(work, 2, values)) {
      for (int step = 0; step < 20; step++) {
        stepper.step(step, 0);
      }
    }
    assertNotEquals(before, work.score().full());
  }

  @Test
  void thePapersScoreIsThatOfWholeBatches() {
    Score score = work.score();
    try (Workload wholeBatchOnly = workload(BATCH)) {
      assertEquals(wholeBatchOnly.score().full(), score.paper());
    }
    assertNotEquals(score.full(), score.paper());
  }

  private static Workload workload(int testImages) {
    Images images =
        new Images(random(2 * BATCH), random(testImages), false, BATCH / 2, new Shape(1, PIXELS));
    ModelInMemory model =
        new ModelInMemory(
            TrainingEngine.PYTORCH, new Mlp(1, PIXELS, 8, CLASSES), new Shape(1, PIXELS));
    return new ImageWorkload(model, images, 1);
  }

  /** Images and labels that depend on their number alone. */
  private static LabelledImages random(int count) {
    byte[] pixels = new byte[count * PIXELS];
    byte[] labels = new byte[count];
    Random random = new Random(3);
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(CLASSES);
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        pixels[i * PIXELS + pixel] = (byte) random.nextInt(256);
      }
    }
    return new LabelledImages("random", new Shape(1, 2, 2), pixels, labels);
  }
}
