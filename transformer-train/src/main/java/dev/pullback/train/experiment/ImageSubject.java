package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.model.Mlp;
import dev.pullback.train.model.ResNet18;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * A classifier of images.
 *
 * @param epochs what the paper trained for
 * @param train images to learn from
 * @param test images to be scored on
 * @param reshuffled whether every epoch has an order of its own, instead of all the same
 * @param pass images of one pass when scoring
 * @param input shape of one input: (1, pixels) takes images as vectors
 * @param classifier makes an untrained one from a seed
 */
record ImageSubject(
    Compute compute,
    int epochs,
    LabelledImages train,
    LabelledImages test,
    boolean reshuffled,
    int pass,
    Shape input,
    LongFunction<Block> classifier)
    implements Subject {

  /** The MLP 784-64-64-10 on MNIST. */
  static Subject mnist(DataDirectory directory, Compute compute, Consumer<String> log) {
    Mnist mnist = new Mnist();
    LabelledImages train = mnist.train(directory, log);
    int pixels = Math.toIntExact(train.shape().size());
    return new ImageSubject(
        compute,
        200,
        train,
        mnist.test(directory, log),
        false,
        1024,
        new Shape(1, pixels),
        seed -> new Mlp(seed, pixels, 64, 64, Mnist.CLASSES));
  }

  /** ResNet-18 on CIFAR-10, without augmentation. */
  static Subject cifar10(DataDirectory directory, Compute compute, Consumer<String> log) {
    Cifar10 cifar = new Cifar10();
    LabelledImages train = cifar.train(directory, log);
    log.accept("Training on " + train.source());
    return new ImageSubject(
        compute,
        400,
        train,
        cifar.test(directory, log),
        true,
        256,
        new Shape(1, 3, ResNet18.SIDE, ResNet18.SIDE),
        seed -> new ResNet18(seed, compute.kernels(), compute.precision()));
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
  public Workload create(long seed) {
    return new ImageWorkload(
        new ModelInMemory(compute.engine(), classifier.apply(seed), input), this, seed);
  }
}
