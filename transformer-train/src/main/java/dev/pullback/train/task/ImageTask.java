package dev.pullback.train.task;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.model.Mlp;
import dev.pullback.train.model.ResNet18;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A classifier of images.
 *
 * @param name of the data set
 * @param loader reads its images
 */
record ImageTask(String name, Loader loader) implements Task {

  /** Reads the images of a data set. */
  private interface Loader {
    Images load(DataDirectory directory, Consumer<String> log);
  }

  /**
   * Images to be classified.
   *
   * @param train those to learn from
   * @param test those to be scored on
   * @param reshuffled whether every epoch has an order of its own, instead of all the same
   * @param pass images of one pass when scoring
   * @param input shape of one input: (1, pixels) takes images as vectors
   * @param model creates the classifier
   */
  record Images(
      LabelledImages train,
      LabelledImages test,
      boolean reshuffled,
      int pass,
      Shape input,
      Function<RunOptions, Block> model)
      implements TaskData {

    @Override
    public String origin() {
      return train.source();
    }

    @Override
    public String sha256() {
      return train.sha256(test);
    }

    @Override
    public Optional<String> incomplete() {
      return train.filesFound() == train.filesExpected()
          ? Optional.empty()
          : Optional.of(train.filesFound() + " of " + train.filesExpected() + " training files");
    }

    @Override
    public long examples() {
      return train.size();
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn) {
      return workload(config, drawn, Share.WHOLE);
    }

    @Override
    public Workload workload(RunConfig config, boolean drawn, Share share) {
      Share.check(config.options().batch, share.ranks());
      RunOptions options = config.options();
      Block block = model.apply(options);
      if (share.ranks() > 1 && hasBatchStatistics(block)) {
        throw new InputException(
            "%s normalises by the statistics of a batch, which would be each worker's own; leave out --workers"
                .formatted(options.task));
      }
      return new ImageWorkload(
          new ModelInMemory(config.backend(), block, input, drawn), this, options, share);
    }
  }

  private static boolean hasBatchStatistics(Block block) {
    return block.getParameters().values().stream()
        .anyMatch(parameter -> parameter.getType() == Parameter.Type.RUNNING_MEAN);
  }

  /** The MLP 784-64-64-10 on MNIST; the batches are shuffled once. */
  static ImageTask mnist() {
    return new ImageTask(
        Mnist.NAME,
        (directory, log) -> {
          Mnist mnist = new Mnist();
          LabelledImages train = mnist.train(directory, log);
          int pixels = Math.toIntExact(train.shape().size());
          return new Images(
              train,
              mnist.test(directory, log),
              false,
              1024,
              new Shape(1, pixels),
              options -> new Mlp(options.seed, pixels, 64, 64, Mnist.CLASSES));
        });
  }

  /** ResNet-18 on CIFAR-10, without augmentation; reshuffled every epoch. */
  static ImageTask cifar10() {
    return new ImageTask(
        Cifar10.NAME,
        (directory, log) -> {
          Cifar10 cifar = new Cifar10();
          return new Images(
              cifar.train(directory, log),
              cifar.test(directory, log),
              true,
              256,
              new Shape(1, 3, ResNet18.SIDE, ResNet18.SIDE),
              options -> new ResNet18(options.seed, options.kernels, options.precision));
        });
  }

  @Override
  public String metric() {
    return "test accuracy";
  }

  @Override
  public Goal goal() {
    return Goal.HIGHER;
  }

  /** The MLP has no native program. */
  @Override
  public boolean mixes() {
    return name.equals(Cifar10.NAME);
  }

  /**
   * Images with even labels, and images with odd ones. Statistics of a part of a batch are others:
   * no part of ResNet's loss is a sum's.
   */
  @Override
  public int components() {
    return name.equals(Mnist.NAME) ? ImageWorkload.COMPONENTS : 1;
  }

  @Override
  public TaskData load(RunConfig config, Consumer<String> log) {
    return loader.load(DataDirectory.choose(config.options().dataDir), log);
  }
}
