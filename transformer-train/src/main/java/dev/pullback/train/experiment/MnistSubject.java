package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.model.Mlp;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/** The MLP 784-64-64-10 on MNIST; the batches are shuffled once. */
final class MnistSubject implements Subject {

  static final String NAME = "mnist";

  private final LabelledImages train;
  private final LabelledImages test;
  private final Compute compute;

  private MnistSubject(LabelledImages train, LabelledImages test, Compute compute) {
    this.train = train;
    this.test = test;
    this.compute = compute;
  }

  static Subject load(DataDirectory directory, Compute compute, Consumer<String> log) {
    return new MnistSubject(tmp(directory, "train"), tmp(directory, "t10k"), compute);
  }

  private static LabelledImages tmp(DataDirectory d, String n) {
    try (DataInputStream i =
            new DataInputStream(
                new GZIPInputStream(
                    Files.newInputStream(d.file("mnist", n + "-images-idx3-ubyte.gz"))));
        DataInputStream l =
            new DataInputStream(
                new GZIPInputStream(
                    Files.newInputStream(d.file("mnist", n + "-labels-idx1-ubyte.gz"))))) {
      i.skipNBytes(16);
      l.skipNBytes(8);
      return new LabelledImages("mnist", new Shape(1, 28, 28), i.readAllBytes(), l.readAllBytes());
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
    return 200;
  }

  @Override
  public Workload create(long seed) {
    int pixels = Math.toIntExact(train.shape().size());
    ModelInMemory model =
        new ModelInMemory(
            compute.engine(), new Mlp(seed, pixels, 64, 64, 10), new Shape(1, pixels));
    return new ImageWorkload(model, train, test, false, true, 1024, seed);
  }
}
