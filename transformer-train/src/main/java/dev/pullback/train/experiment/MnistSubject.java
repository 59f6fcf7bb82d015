package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.model.Mlp;
import java.util.function.Consumer;

/** The MLP 784-64-64-10 on MNIST; the batches are shuffled once. */
final class MnistSubject implements Subject {

  static final String NAME = Mnist.NAME;

  private final LabelledImages train;
  private final LabelledImages test;
  private final Compute compute;

  private MnistSubject(LabelledImages train, LabelledImages test, Compute compute) {
    this.train = train;
    this.test = test;
    this.compute = compute;
  }

  static Subject load(DataDirectory directory, Compute compute, Consumer<String> log) {
    Mnist mnist = new Mnist();
    return new MnistSubject(mnist.train(directory, log), mnist.test(directory, log), compute);
  }

  @Override
  public String metric() {
    return "test accuracy";
  }

  @Override
  public Goal goal() {
    return Goal.HIGHER;
  }

  @Override
  public int epochs() {
    return 200;
  }

  @Override
  public Workload create(long seed) {
    int pixels = Math.toIntExact(train.shape().size());
    ModelInMemory model =
        new ModelInMemory(
            compute.engine(), new Mlp(seed, pixels, 64, 64, Mnist.CLASSES), new Shape(1, pixels));
    return new ImageWorkload(model, train, test, false, true, 1024, seed);
  }
}
