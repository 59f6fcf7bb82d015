package dev.pullback.train.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import dev.pullback.train.data.ImageBatch;
import dev.pullback.train.data.LabelledImages;
import java.util.stream.IntStream;

/** A classifier of images: cross entropy in training, accuracy on the test set. */
final class ImageWorkload implements Workload {

  /** Images of a batch, and of a whole batch in the paper's scores. */
  private static final int BATCH = 1024;

  private final ModelInMemory model;
  private final ImageSubject subject;
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
  ImageWorkload(ModelInMemory model, ImageSubject subject, long seed) {
    this.model = model;
    this.subject = subject;
    this.seed = seed;
    this.batches = Order.batches(subject.train().size(), BATCH, seed, 0);
  }

  @Override
  public Block block() {
    return model.block();
  }

  @Override
  public NDManager manager() {
    return model.manager();
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
    if (subject.reshuffled() && epoch != shuffledFor) {
      batches = Order.batches(subject.train().size(), BATCH, seed, epoch);
      shuffledFor = epoch;
    }
    return batches;
  }

  private NDArray lossOf(int[] images) {
    ImageBatch batch = subject.train().gather(model.manager(), images);
    return loss.evaluate(new NDList(batch.labels()), new NDList(logits(batch, true)));
  }

  /** Images with even labels, and images with odd ones: each part's sum, over the whole batch. */
  @Override
  public NDArray component(int epoch, int step, int component) {
    int[] images = order(epoch)[step];
    int[] own =
        IntStream.of(images)
            .filter(image -> subject.train().label(image) % 2 == component)
            .toArray();
    return lossOf(own).mul((double) own.length / images.length);
  }

  private NDArray logits(ImageBatch batch, boolean training) {
    NDArray images = batch.images();
    Shape shape = new Shape(images.getShape().get(0)).addAll(subject.input().slice(1));
    return model.forward(images.reshape(shape), training);
  }

  @Override
  public Score score() {
    LabelledImages test = subject.test();
    int pass = subject.pass();
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

  @Override
  public void close() {
    model.close();
  }
}
