package dev.pullback.bench;

import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import dev.pullback.optim.Kernels;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.data.ImageBatch;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.Precision;
import dev.pullback.train.model.ResNet18;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole training step of ResNet-18 on images of 32 by 32 with AdamW: gathering the batch,
 * forward, backward, optimiser, and the loss read back.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
public class ResNetStepBench {

  /** Images in a batch. */
  static final int BATCH = 64;

  private static final int IMAGES = 1000;

  /** How steps are computed. */
  public enum Path {
    /** NDArray operations. */
    PORTABLE(Kernels.PORTABLE, Precision.FLOAT32),
    /** The native program. */
    NATIVE(Kernels.NATIVE, Precision.FLOAT32),
    /** The native program with bfloat16 convolutions. */
    MIXED(Kernels.NATIVE, Precision.MIXED);

    private final Kernels kernels;
    private final Precision precision;

    Path(Kernels kernels, Precision precision) {
      this.kernels = kernels;
      this.precision = precision;
    }
  }

  /** How steps are computed. */
  @Param public Path path;

  /** Where. */
  @Param("auto")
  public String device;

  private LabelledImages images;
  private AdamWStep training;
  private Random random;

  /** Creates model, optimiser and random images. */
  @Setup
  public void create() {
    TrainingEngine.PYTORCH.load(0);
    random = new Random(1);
    Shape shape = new Shape(3, ResNet18.SIDE, ResNet18.SIDE);
    byte[] pixels = new byte[IMAGES * (int) shape.size()];
    random.nextBytes(pixels);
    byte[] labels = new byte[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = (byte) random.nextInt(ResNet18.CLASSES);
    }
    images = new LabelledImages("random", shape, pixels, labels);
    training =
        new AdamWStep(
            DeviceChoice.of(device).on(TrainingEngine.PYTORCH),
            new ResNet18(1, path.kernels, path.precision),
            new Shape(1).addAll(shape),
            path.kernels,
            Loss.softmaxCrossEntropyLoss());
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    training.close();
  }

  /**
   * One step.
   *
   * @return the loss
   */
  @Benchmark
  public double step() {
    return training.run(
        manager -> {
          int[] chosen = random.ints(BATCH, 0, IMAGES).toArray();
          ImageBatch batch = images.gather(manager, chosen);
          return new AdamWStep.Batch(batch.images(), batch.labels());
        });
  }
}
