package dev.pullback.bench.defaults;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;
import dev.pullback.bench.defaults.TrainingProgram.Data;
import dev.pullback.engine.HostValues;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.ImageBatch;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.data.TinyShakespeare;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.data.WindowSampler;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Data sets as arrays, the same whatever the seed. Where files are missing they are downloaded. */
final class ProgramData {

  /** Characters of TinyShakespeare, and the number that hides one. */
  static final int CHARACTERS = 65;

  private static final int TEST_WINDOWS = 500;

  /** More, since each has one character to guess. */
  private static final int TEST_HIDDEN = 2000;

  private ProgramData() {}

  /** MNIST as rows of pixels (count, 28, 28), all test images. */
  static Data mnist(NDManager manager, int count, int batch) {
    LabelledImages train = new Mnist().train(folder(), System.err::println);
    LabelledImages test = new Mnist().test(folder(), System.err::println);
    Shape image = new Shape(Mnist.SIDE, Mnist.SIDE);
    return new Data(
        images(manager, train, count, image, batch),
        images(manager, test, test.size(), image, batch),
        new Shape(1).addAll(image));
  }

  /** The first images of CIFAR-10's training and test sets. */
  static Data cifar(NDManager manager, int count, int testCount, int batch) {
    LabelledImages train = new Cifar10().train(folder(), System.err::println);
    LabelledImages test = new Cifar10().test(folder(), System.err::println);
    return new Data(
        images(manager, train, count, train.shape(), batch),
        images(manager, test, testCount, test.shape(), batch),
        new Shape(1).addAll(train.shape()));
  }

  private static ArrayDataset images(
      NDManager manager, LabelledImages images, int count, Shape shape, int batch) {
    ImageBatch all = images.gather(manager, IntStream.range(0, count).toArray());
    return dataset(all.images().reshape(new Shape(count).addAll(shape)), all.labels(), batch);
  }

  /** Windows of TinyShakespeare and what follows each character. */
  static Data nextCharacters(NDManager manager, int windows, int context, int batch) {
    TokenData tokens = characters(context);
    return new Data(
        dataset(next(manager, tokens.train(), windows, context), batch),
        dataset(next(manager, tokens.validation(), TEST_WINDOWS, context), batch),
        new Shape(1, context));
  }

  private static TokenBatch next(NDManager manager, TokenStream tokens, int windows, int context) {
    return TokenBatch.gather(manager, tokens, starts(tokens, windows, context), context);
  }

  private static ArrayDataset dataset(TokenBatch windows, int batch) {
    return dataset(windows.inputs(), windows.targets(), batch);
  }

  /** Windows of TinyShakespeare whose middle character is hidden, and that character. */
  static Data hiddenCharacters(NDManager manager, int windows, int context, int batch) {
    TokenData tokens = characters(context);
    return new Data(
        hidden(manager, tokens.train(), windows, context, batch),
        hidden(manager, tokens.validation(), TEST_HIDDEN, context, batch),
        new Shape(1, context));
  }

  private static ArrayDataset hidden(
      NDManager manager, TokenStream tokens, int windows, int context, int batch) {
    long[] starts = starts(tokens, windows, context);
    long[] inputs = new long[windows * context];
    long[] hidden = new long[windows];
    for (int i = 0; i < windows; i++) {
      tokens.copy(starts[i], context, inputs, i * context);
      hidden[i] = inputs[i * context + context / 2];
      inputs[i * context + context / 2] = CHARACTERS;
    }
    NDManager host = HostValues.on(manager);
    return dataset(host.create(inputs, new Shape(windows, context)), host.create(hidden), batch);
  }

  private static long[] starts(TokenStream tokens, int windows, int context) {
    return new WindowSampler(1, tokens.length(), context).starts(1, 0, windows);
  }

  private static TokenData characters(int context) {
    String text = new TinyShakespeare().load(folder(), System.err::println).text();
    int[] known = text.chars().distinct().sorted().toArray();
    int[] tokens = text.chars().map(c -> Arrays.binarySearch(known, c)).toArray();
    return TokenData.split(tokens, context);
  }

  /** The regression set of arXiv 2509.03594. */
  static Data polynomial(NDManager manager, int batch) {
    PolynomialData data = PolynomialData.load(folder());
    return new Data(
        rows(manager, data, IntStream.range(0, PolynomialData.TRAIN).toArray(), batch),
        rows(manager, data, IntStream.range(PolynomialData.TRAIN, data.rows()).toArray(), batch),
        new Shape(1, PolynomialData.INPUTS));
  }

  private static ArrayDataset rows(NDManager manager, PolynomialData data, int[] rows, int batch) {
    NDManager host = HostValues.on(manager);
    return dataset(
        host.create(data.inputs(rows), new Shape(rows.length, PolynomialData.INPUTS)),
        host.create(data.targets(rows), new Shape(rows.length, 1)),
        batch);
  }

  private static ArrayDataset dataset(NDArray inputs, NDArray labels, int batch) {
    return new ArrayDataset.Builder()
        .setData(inputs)
        .optLabels(labels)
        .setSampling(batch, true)
        .build();
  }

  private static DataDirectory folder() {
    return DataDirectory.choose(null);
  }
}
