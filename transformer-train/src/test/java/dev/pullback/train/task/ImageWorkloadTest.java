package dev.pullback.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.pullback.optim.InducedMetric;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.loop.Stepper;
import dev.pullback.train.model.Mlp;
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
      NDArray even = work.component(2, 0);
      NDArray odd = work.component(2, 1);
      NDArray whole = work.loss(2, 0);
      assertEquals(DataType.FLOAT32, even.getDataType());
      assertEquals(whole.getFloat(), even.getFloat() + odd.getFloat(), 1e-5);
      collector.backward(even);
    }
  }

  /** As a batch of one image has it. */
  @Test
  void aComponentWithoutImagesIsZero() {
    try (Workload single = workload(BATCH, 1);
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float even = single.component(1, 0).getFloat();
      float odd = single.component(1, 1).getFloat();
      assertEquals(0, Math.min(even, odd));
      assertEquals(single.loss(1, 0).getFloat(), Math.max(even, odd), 1e-6);
    }
  }

  @Test
  void oneComponentForEachHalfIsTrained() {
    double before = score(work).full();
    InducedMetric.Builder builder =
        InducedMetric.sgdRms().optComponents(2).optXi(0.1).optLearningRate(0.05);
    try (Stepper stepper = new Stepper(work, 1, 2, builder)) {
      for (int step = 1; step <= 20; step++) {
        stepper.step(step);
      }
    }
    assertNotEquals(before, score(work).full());
  }

  @Test
  void thePapersScoreIsThatOfWholeBatches() {
    Score score = score(work);
    try (Workload wholeBatchOnly = workload(BATCH)) {
      assertEquals(score(wholeBatchOnly).full(), score.paper());
    }
    assertNotEquals(score.full(), score.paper());
  }

  @Test
  void aPartIsTheBeginningOfTheTestSet() {
    try (Workload beginning = workload(BATCH)) {
      Score part = work.evaluate(1, () -> false).orElseThrow();
      assertEquals(score(beginning), part);
      assertEquals(part, work.evaluate(1, () -> false).orElseThrow());
    }
    assertEquals(score(work), work.evaluate(99, () -> false).orElseThrow());
  }

  @Test
  void passesOfAnySizeGiveTheSameScore() {
    for (int batch : new int[] {BATCH, BATCH / 4, 100, BATCH - 1}) {
      try (Workload other = workload(BATCH + BATCH / 2, batch)) {
        assertEquals(score(work).full(), score(other).full(), "batch " + batch);
      }
    }
  }

  private static Score score(Workload work) {
    return work.evaluate(0, () -> false).orElseThrow();
  }

  private static Workload workload(int testImages) {
    return workload(testImages, BATCH);
  }

  private static Workload workload(int testImages, int batch) {
    ImageTask.Images images =
        new ImageTask.Images(
            random(2 * BATCH),
            random(testImages),
            false,
            BATCH / 2,
            new Shape(1, PIXELS),
            options -> new Mlp(options.seed, PIXELS, 8, CLASSES));
    RunOptions options = new RunOptions();
    options.preset = "paper-mnist";
    options.batch = batch;
    return images.workload(RunConfig.resolve(null, options), true);
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
