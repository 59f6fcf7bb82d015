package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.ImageBatch;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.NamedParameterBlock;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** A classifier of images: cross entropy in training, accuracy on the test set. */
final class ImageWorkload implements Workload {

  static final int COMPONENTS = 2;

  private final ModelInMemory model;
  private final ImageTask.Images data;
  private final Share share;
  private final int batch;
  private final int accumulate;
  private final Epochs epochs;
  private final Loss loss = Loss.softmaxCrossEntropyLoss();

  /**
   * Creates the workload.
   *
   * @param model the classifier, owned from now on
   * @param data the images
   * @param options batches and the seed of their order
   * @param share this process's part of every batch
   */
  ImageWorkload(ModelInMemory model, ImageTask.Images data, RunOptions options, Share share) {
    this.model = model;
    this.data = data;
    this.share = share;
    this.batch = options.batch;
    this.accumulate = options.accumulate;
    this.epochs =
        new Epochs(data.train().size(), batch, accumulate, options.seed, data.reshuffled());
  }

  @Override
  public ModelInMemory model() {
    return model;
  }

  @Override
  public int stepsPerEpoch() {
    return epochs.steps();
  }

  @Override
  public long examplesPerStep() {
    return (long) batch * accumulate;
  }

  @Override
  public double flopsPerStep() {
    return ((NamedParameterBlock) block()).flopsPerExample() * examplesPerStep();
  }

  @Override
  public NDArray loss(long step, int part) {
    return lossOf(share.of(epochs.batch(step, part)));
  }

  private NDArray lossOf(int[] images) {
    ImageBatch gathered = data.train().gather(manager(), images);
    return loss.evaluate(new NDList(gathered.labels()), new NDList(logits(gathered, true)));
  }

  /** Images with even labels, and images with odd ones: each part's sum, over the whole batch. */
  @Override
  public NDArray component(long step, int component) {
    int[] images = share.of(epochs.batch(step, 0));
    int[] own =
        IntStream.of(images)
            .filter(image -> data.train().label(image) % COMPONENTS == component)
            .toArray();
    // Where there are none of them, of any image: the mean of nothing is not finite.
    NDArray mean = lossOf(own.length == 0 ? images : own);
    return EngineSupport.of(mean).multiply(mean, (double) own.length / images.length);
  }

  private NDArray logits(ImageBatch gathered, boolean training) {
    NDArray images = gathered.images();
    Shape shape = new Shape(images.getShape().get(0)).addAll(data.input().slice(1));
    return model.forward(images.reshape(shape), training);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A whole batch is one of training's size; passes may be smaller. A part of the test set is
   * its beginning.
   */
  @Override
  public Optional<Score> evaluate(int batches, BooleanSupplier stop) {
    return model.withoutGradients(() -> score(batches, stop));
  }

  private Optional<Score> score(int batches, BooleanSupplier stop) {
    LabelledImages test = data.test();
    int pass = Math.min(data.pass(), batch);
    int size = batches == 0 ? test.size() : (int) Math.min(test.size(), (long) batches * batch);
    int whole = size / batch * batch;
    long correctInWhole = 0;
    long correct = 0;
    int end;
    for (int first = 0; first < size; first = end) {
      end = Math.min(Math.min(first + pass, (first / batch + 1) * batch), size);
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
      int[] images = IntStream.range(first, end).toArray();
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        ImageBatch gathered = test.gather(manager(), images);
        NDArray guesses = logits(gathered, false).argMax(-1).toType(DataType.INT64, false);
        long right =
            HostValues.read(
                guesses.eq(gathered.labels()).toType(DataType.INT64, false).sum(),
                NDArray::getLong);
        correct += right;
        correctInWhole += first < whole ? right : 0;
      }
    }
    return Optional.of(
        new Score(Double.NaN, (double) correctInWhole / whole, (double) correct / size));
  }
}
