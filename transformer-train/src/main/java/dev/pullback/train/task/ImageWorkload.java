package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import dev.pullback.engine.EngineSupport;
import dev.pullback.train.data.ImageBatch;
import dev.pullback.train.data.LabelledImages;
import java.util.stream.IntStream;

/** A classifier of images: cross entropy in training, accuracy on the test set. */
public final class ImageWorkload implements Workload {

  /** Images of a batch, and of a whole batch in the paper's scores. */
  private static final int BATCH = 1024;

  private final ModelInMemory model;
  private final Images data;
  private final long seed;
  private final Loss loss = Loss.softmaxCrossEntropyLoss();
  private int[][] batches;
  private int shuffledFor;

  /**
   * Creates the workload.
   *
   * @param model the classifier, owned from now on
   * @param seed where the order comes from
   */
  public ImageWorkload(ModelInMemory model, Images data, long seed) {
    this.model = model;
    this.data = data;
    this.seed = seed;
    this.batches = Order.batches(data.train().size(), BATCH, seed, 0);
  }

  @Override
  public ModelInMemory model() {
    return model;
  }

  @Override
  public int stepsPerEpoch() {
    return batches.length;
  }

  @Override
  public NDArray loss(int epoch, int step) {
    return lossOf(order(epoch)[step]);
  }

  private int[][] order(int epoch) {
    if (data.reshuffled() && epoch != shuffledFor) {
      batches = Order.batches(data.train().size(), BATCH, seed, epoch);
      shuffledFor = epoch;
    }
    return batches;
  }

  private NDArray lossOf(int[] images) {
    ImageBatch batch = data.train().gather(model.manager(), images);
    return loss.evaluate(new NDList(batch.labels()), new NDList(logits(batch, true)));
  }

  /** Images with even labels, and images with odd ones: each part's sum, over the whole batch. */
  @Override
  public NDArray component(int epoch, int step, int component) {
    int[] images = order(epoch)[step];
    int[] own =
        IntStream.of(images).filter(image -> data.train().label(image) % 2 == component).toArray();
    NDArray mean = lossOf(own);
    return EngineSupport.of(mean).multiply(mean, (double) own.length / images.length);
  }

  private NDArray logits(ImageBatch batch, boolean training) {
    NDArray images = batch.images();
    Shape shape = new Shape(images.getShape().get(0)).addAll(data.input().slice(1));
    return model.forward(images.reshape(shape), training);
  }

  @Override
  public Score score() {
    LabelledImages test = data.test();
    int pass = data.pass();
    int whole = test.size() / BATCH * BATCH;
    long correctInWhole = 0;
    long correct = 0;
    for (int first = 0; first < test.size(); first += pass) {
      int[] images = IntStream.range(first, Math.min(first + pass, test.size())).toArray();
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        ImageBatch batch = test.gather(model.manager(), images);
        NDArray guesses = logits(batch, false).argMax(-1).toType(DataType.INT64, false);
        long right = guesses.eq(batch.labels()).toType(DataType.INT64, false).sum().getLong();
        correct += right;
        correctInWhole += first < whole ? right : 0;
      }
    }
    return new Score((double) correctInWhole / whole, (double) correct / test.size());
  }
}
