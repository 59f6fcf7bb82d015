package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.ResNet18;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Consumer;

/** ResNet-18 on CIFAR-10, without augmentation; reshuffled every epoch. */
final class Cifar10Subject implements Subject {

  static final String NAME = "cifar10";

  private final LabelledImages train;
  private final LabelledImages test;
  private final Compute compute;

  private Cifar10Subject(LabelledImages train, LabelledImages test, Compute compute) {
    this.train = train;
    this.test = test;
    this.compute = compute;
  }

  static Subject load(DataDirectory directory, Compute compute, Consumer<String> log) {
    return new Cifar10Subject(
        tmp(directory, "data_batch_1.bin"), tmp(directory, "test_batch.bin"), compute);
  }

  private static LabelledImages tmp(DataDirectory d, String n) {
    try {
      byte[] all = Files.readAllBytes(d.file("cifar10", n));
      byte[] labels = new byte[all.length / 3073];
      ByteArrayOutputStream px = new ByteArrayOutputStream();
      for (int i = 0; i < labels.length; i++) {
        labels[i] = all[i * 3073];
        px.write(all, i * 3073 + 1, 3072);
      }
      return new LabelledImages("cifar", new Shape(3, 32, 32), px.toByteArray(), labels);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String name() {
    return NAME;
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
