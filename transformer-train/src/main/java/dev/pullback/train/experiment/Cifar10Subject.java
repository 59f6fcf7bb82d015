package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.ResNet18;
import java.util.function.Consumer;

/** ResNet-18 on CIFAR-10, without augmentation; reshuffled every epoch. */
final class Cifar10Subject implements Subject {

  static final String NAME = Cifar10.NAME;

  private final LabelledImages train;
  private final LabelledImages test;
  private final Compute compute;

  private Cifar10Subject(LabelledImages train, LabelledImages test, Compute compute) {
    this.train = train;
    this.test = test;
    this.compute = compute;
  }

  static Subject load(DataDirectory directory, Compute compute, Consumer<String> log) {
    Cifar10 cifar = new Cifar10();
    LabelledImages train = cifar.train(directory, log);
    log.accept("Training on " + train.source());
    return new Cifar10Subject(train, cifar.test(directory, log), compute);
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
    return 400;
  }

  @Override
  public Workload create(long seed) {
    ModelInMemory model =
        new ModelInMemory(
            compute.engine(),
            new ResNet18(seed, compute.kernels(), compute.precision()),
            new Shape(1, 3, ResNet18.SIDE, ResNet18.SIDE));
    return new ImageWorkload(model, train, test, true, false, 256, seed);
  }
}
