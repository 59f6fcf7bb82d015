package dev.pullback.train.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.Mlp;
import dev.pullback.train.run.TrainingEngine;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Batches and scores on images of four pixels. */
class ImageWorkloadTest {

  private static final int BATCH = 1024;
  private static final int PIXELS = 4;
  private static final int CLASSES = 10;

  @AutoClose private final Workload work = workload();

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

  /**
   * The test set has a whole batch, in which every label is 0, and half a one, in which it is 1.
   */
  @Test
  void thePapersScoreIsThatOfWholeBatches() {
    Score score = work.score();
    double zeros = score.paper();
    double ones = (score.full() * 1.5 * BATCH - zeros * BATCH) / (0.5 * BATCH);
    assertEquals(zeros * BATCH, Math.rint(zeros * BATCH), 1e-9);
    assertEquals(ones * BATCH / 2, Math.rint(ones * BATCH / 2), 1e-9);
    assertNotEquals(score.paper(), score.full());
  }

  private static Workload workload() {
    Random random = new Random(3);
    byte[] pixels = new byte[2 * BATCH * PIXELS];
    random.nextBytes(pixels);
    byte[] labels = new byte[2 * BATCH];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(CLASSES);
    }
    byte[] ordered = new byte[3 * BATCH / 2];
    for (int i = BATCH; i < ordered.length; i++) {
      ordered[i] = 1;
    }
    byte[] others = new byte[ordered.length * PIXELS];
    random.nextBytes(others);
    Shape shape = new Shape(1, 2, 2);
    Images images =
        new Images(
            new LabelledImages("train", shape, pixels, labels),
            new LabelledImages("test", shape, others, ordered),
            false,
            BATCH,
            new Shape(1, PIXELS));
    ModelInMemory model =
        new ModelInMemory(
            TrainingEngine.PYTORCH, new Mlp(1, PIXELS, 8, CLASSES), new Shape(1, PIXELS));
    return new ImageWorkload(model, images, 1);
  }
}
